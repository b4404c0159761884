// Package example is the demonstration workload: it listens on $PORT, answers its
// version, is healthy at /healthz and echoes WebSocket messages at /ws.
//
// Promise: on TERM it takes no new connection, finishes every request it has, and
// ends with 0.
package example
