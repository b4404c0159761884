// Package driver is what the node agent asks of whatever runs its instances: the process driver and the docker driver
// answer the same calls in the same words.
//
// Promise. A driver touches the world and chooses nothing: it does one act, keyed by the instance's id, and doing an act
// twice does no more than doing it once. An id it was told to stop never runs again. It touches only what it can prove it
// started.
//
// Hears. Calls from the node's shell, which carry what the node's decider wants now.
//
// Says. Nothing. What it senses (an end, a line, the outcome of a check) goes to the caller; only the decider makes facts.
//
// Remembers. Nothing here; each driver keeps on disk what must outlive the agent.
//
// Due. A [Checker] runs its check at once and then every interval ± 10 %.
//
// Fails. With a [Fault], whose reason is a word for the event and which knows whether a retry can mend it.
package driver
