package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/yarnlock"
)

// compare runs both once and refuses to go on unless they find the same moves.
func (l *checkLab) compare(tree string, ours, peer []string, lock *yarnlock.Lock) (int, error) {
	theirs, err := l.output(tree, peer)
	if err != nil {
		return 0, err
	}
	want := yarnMoves(theirs)
	if lock.Kind == yarnlock.Classic {
		want = listedMoves(theirs)
	}
	out, err := l.output(tree, ours)
	if err != nil {
		return 0, err
	}
	got, err := ourMoves(out, lock.Kind)
	if err != nil {
		return 0, err
	}
	if len(want) == 0 && bytes.Contains(theirs, []byte("Error")) {
		return 0, fmt.Errorf("the peer fails: %s", theirs)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return 0, fmt.Errorf("ours finds %d moves, the peer %d, and they differ: no times", len(got), len(want))
	}
	return len(got), nil
}

// output is what a command prints; exit code 1 means that it found something.
func (l *checkLab) output(dir string, argv []string) ([]byte, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), l.env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 1 {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s%s", strings.Join(argv, " "), err, out, stderr.Bytes())
	}
	return out, err
}

// move is a line of "yarn dedupe --check --json"; check's report has the same
// members.
type move struct {
	Descriptor        string `json:"descriptor"`
	CurrentResolution string `json:"currentResolution"`
	UpdatedResolution string `json:"updatedResolution"`
}

func (m move) String() string {
	return m.Descriptor + ": " + m.CurrentResolution + " → " + m.UpdatedResolution
}

func yarnMoves(out []byte) []string {
	var list []string
	for line := range bytes.Lines(out) {
		var m move
		if json.Unmarshal(line, &m) == nil && m.Descriptor != "" {
			list = append(list, m.String())
		}
	}
	return list
}

var listed = regexp.MustCompile(`^Package "(.+)" wants (.+) and could get (\S+), but got (\S+)$`)

// listedMoves are the lines of yarn-deduplicate --list.
func listedMoves(out []byte) []string {
	var list []string
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		if m := listed.FindStringSubmatch(s.Text()); m != nil {
			list = append(list, move{m[1] + "@" + m[2], m[4], m[3]}.String())
		}
	}
	return list
}

func ourMoves(out []byte, kind yarnlock.Kind) ([]string, error) {
	var doc struct {
		Findings []struct {
			Rule    string `json:"rule"`
			Details struct {
				Moves []move `json:"moves"`
			} `json:"details"`
		} `json:"findings"`
	}
	if err := json.Unmarshal(out, &doc); err != nil {
		return nil, err
	}
	var list []string
	for _, f := range doc.Findings {
		if f.Rule != "dedupable" {
			continue
		}
		for _, m := range f.Details.Moves {
			if kind == yarnlock.Classic {
				m.CurrentResolution = m.CurrentResolution[strings.LastIndexByte(m.CurrentResolution, ':')+1:]
				m.UpdatedResolution = m.UpdatedResolution[strings.LastIndexByte(m.UpdatedResolution, ':')+1:]
			}
			list = append(list, m.String())
		}
	}
	return list, nil
}
