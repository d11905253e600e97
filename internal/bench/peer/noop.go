package main

import (
	"context"
	"errors"
	"fmt"
)

// benchNoop measures locks that are in order: nothing is to be found but that.
func benchNoop(b *bench, args []string) error {
	ctx := context.Background()
	lab, err := openLockLab(ctx, b, args, "[-versions DIR] [-plugin FILE]")
	if err != nil {
		return err
	}
	defer lab.front.close()
	for _, from := range b.Args() {
		t, err := lab.openTree(ctx, from)
		if err != nil {
			return err
		}
		sides := t.sides("versions", "lock", "--check")[:2]
		err = t.compete(t.dir, sides)
		if errors.Is(err, errYarn) {
			// Ours alone still says something.
			fmt.Printf("%s: %v\n", t.name, err)
			sides = sides[1:]
			err = t.compete(t.dir, sides)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		printSides(t.name+": versions lock --check on a lock in order", "40× wall, 80 MB", sides)
	}
	printMissed(lab)
	return nil
}
