package cli

import (
	"errors"
	"strconv"
)

// count is how many at most -n asks for. One that was not given asks for all.
type count struct {
	n     int
	given bool
}

func (c *count) String() string {
	if !c.given {
		return ""
	}
	return strconv.Itoa(c.n)
}

// Set takes a whole number, 0 too: then nothing is shown.
func (c *count) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return errors.New("must be 0 or more")
	}
	c.n, c.given = n, true
	return nil
}

// Type is what help calls it.
func (c *count) Type() string { return "int" }

// lastOf are the last of some, no more than asked for.
func lastOf[T any](c count, all []T) []T {
	if !c.given || len(all) <= c.n {
		return all
	}
	return all[len(all)-c.n:]
}

// ordinal is a number that begins at 1, as releases have it; 0 is none given.
type ordinal int

func (n *ordinal) String() string {
	if *n == 0 {
		return ""
	}
	return strconv.Itoa(int(*n))
}

// Set takes a whole number from 1 on.
func (n *ordinal) Set(text string) error {
	i, err := strconv.Atoi(text)
	if err != nil || i < 1 {
		return errors.New("must be 1 or more")
	}
	*n = ordinal(i)
	return nil
}

// Type is what help calls it.
func (n *ordinal) Type() string { return "int" }
