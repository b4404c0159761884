// Package version tells what this binary is: its number, the commit it was built
// from, and the catalogue of events it speaks.
package version
