package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
)

var initLine = regexp.MustCompile(`(?m)^init (\S+) @\S+ ms, (\S+) ms clock`)

// benchStartup measures what every command pays before it does anything.
func benchStartup(args []string) error {
	fs := flag.NewFlagSet("startup", flag.ExitOnError)
	runs := fs.Int("runs", 21, "runs")
	if err := fs.Parse(args); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "peerbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	bin, err := build(tmp)
	if err != nil {
		return err
	}
	var all series
	for range *runs {
		s, err := measure(".", nil, []string{bin, "--version"})
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	size, err := os.Stat(bin)
	if err != nil {
		return err
	}
	fmt.Printf("%s --version: median %.1f ms wall, %.1f ms cpu, %.1f MB resident; binary %.1f MB\n",
		filepath.Base(bin), all.median(wallMS), all.median(cpuMS), all.median(rssMB), float64(size.Size())/(1<<20))

	cmd := exec.Command(bin, "--version")
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
	sort.Slice(pkgs, func(i, j int) bool { return pkgs[i].ms > pkgs[j].ms })
	fmt.Printf("package initialisation: %.2f ms in %d packages; the slowest:\n", total, len(pkgs))
	for i, p := range pkgs {
		if i == 5 {
			break
		}
		fmt.Printf("  %6.2f ms  %s\n", p.ms, p.name)
	}
	return nil
}
