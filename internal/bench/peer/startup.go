package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

var initLine = regexp.MustCompile(`(?m)^init (\S+) @\S+ ms, (\S+) ms clock`)

// benchStartup measures what every command pays before it does anything.
func benchStartup(b *bench, args []string) error {
	if err := b.start(args, ""); err != nil {
		return err
	}
	var all series
	for range b.runs {
		s, err := measure(".", nil, []string{b.bin, "--version"})
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	size, err := os.Stat(b.bin)
	if err != nil {
		return err
	}
	fmt.Printf("%s --version: median %.1f ms wall, %.1f ms cpu, %.1f MB resident; binary %.1f MB\n",
		filepath.Base(b.bin), all.median(wallMS), all.median(cpuMS), all.median(rssMB), float64(size.Size())/(1<<20))

	cmd := exec.Command(b.bin, "--version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		return err
	}
	type pkg struct {
		name string
		ms   float64
	}
	var pkgs []pkg
	total := 0.0
	for _, m := range initLine.FindAllStringSubmatch(trace.String(), -1) {
		ms, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return err
		}
		total += ms
		pkgs = append(pkgs, pkg{m[1], ms})
	}
	slices.SortFunc(pkgs, func(a, b pkg) int { return cmp.Compare(b.ms, a.ms) })
	fmt.Printf("package initialisation: %.2f ms in %d packages; the slowest:\n", total, len(pkgs))
	for _, p := range pkgs[:min(5, len(pkgs))] {
		fmt.Printf("  %6.2f ms  %s\n", p.ms, p.name)
	}
	return nil
}
