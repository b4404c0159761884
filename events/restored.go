package events

import "time"

// ClusterRestored says that the log before it comes from a backup. What was said
// after that position was lost; with this event a new era of the log begins.
type ClusterRestored struct {
	Position string    `json:"position"` // era:seq of the last event of the backup
	TakenAt  time.Time `json:"takenAt"`  // when the backup was taken
	Digest   string    `json:"digest"`   // sha256:<hex> of the backup's file
	Era      uint32    `json:"era"`      // the era that begins
}

// About places what concerns the cluster.
func (ClusterRestored) About() About { return About{Subject: "cluster"} }
