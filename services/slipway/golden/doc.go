// Package golden holds what is printed to files that a person has looked at. Only tests
// import it: it adds their flag -update, which writes the files anew.
//
// May not assume: that what stands in the files is right; look at the change.
package golden
