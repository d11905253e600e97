package ui

import (
	"bufio"
	"context"
	"fmt"
	"strings"
)

// Confirm asks a yes/no question on stderr and reads one line from In. Only an
// explicit yes counts: an empty answer, end of input or anything else is no.
// It returns ctx's error when ctx ends first; the read itself cannot be
// cancelled and is then abandoned, which is safe because the process ends.
func (s *Streams) Confirm(ctx context.Context, question string) (bool, error) {
	fmt.Fprintf(s.Err, "%s [y/N] ", question)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.In).ReadString('\n')
		answer <- line
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(s.Err)
		return false, ctx.Err()
	case line := <-answer:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return true, nil
		}
		return false, nil
	}
}
