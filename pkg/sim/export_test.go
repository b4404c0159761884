package sim

// PerEntity lets a log's guards count per entity, as they must not.
func (l *Log) PerEntity() { l.perEntity = true }
