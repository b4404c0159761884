// Package view folds the log for reading: what the command line shows.
//
// Promise: what is shown is the fold of the log up to a position, by the deployer's
// own machines, so status never tells another story than the services act by. An
// answer is true at least of the log's last position at the moment it was asked.
//
// Remembers: beside the deployer's states, of each release and instance how it
// ended, and of each fact what caused it, so that history and why can be told.
//
// May assume: facts are heard in order. What cannot be read is counted and passed
// over; doctor tells of it.
//
// May not assume: that services are alive. What is waited for is asked of the fold.
package view
