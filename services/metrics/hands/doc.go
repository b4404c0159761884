// Package hands publishes the windows that metrics closes, and reads back after a start
// what the stream has kept of samples and windows.
//
// Promise: an act is done once the stream has answered for each of its windows; one
// whose answer stayed away is sent again under the same id. What is read back comes
// before anything is closed.
//
// Fails: a window that the stream will never take is given up. While the bus is away an
// act waits.
package hands
