//go:build !unix

package scratch

type keeper struct{}

func keep(string) *keeper { return nil }

func (*keeper) end() {}
