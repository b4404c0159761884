package events

import (
	"math"
	"slices"
)

// HistogramSchema is the resolution our own histograms have: eight buckets for each
// doubling, each 1.09 times the one before.
const HistogramSchema = 3

// Histogram is Prometheus' native histogram with whole counts; a lower count than
// before is a reset.
type Histogram struct {
	Schema        int     `json:"schema"`            // 2^(2^-schema) is the growth of the buckets
	ZeroThreshold float64 `json:"zeroThreshold"`     // what is no larger counts as zero
	ZeroCount     uint64  `json:"zeroCount"`         // of those
	Count         uint64  `json:"count"`             // of all
	Sum           float64 `json:"sum"`               // of all
	Positive      Buckets `json:"positive"`          // of values above zero
	Negative      Buckets `json:"negative,omitzero"` // of values below
}

// Buckets are runs of neighbouring buckets and, bucket by bucket, how each count
// differs from the one before.
type Buckets struct {
	Spans  [][2]int `json:"spans"`  // offset from the end of the last run (the first: from 0), length
	Deltas []int64  `json:"deltas"` // of the counts
}

// Bucket is the index of the bucket of our schema that holds v: the smallest i with
// v ≤ 2^(i/8).
func Bucket(v float64) int {
	fraction, exponent := math.Frexp(v) // v = fraction·2^exponent, fraction in [½, 1)
	for i, bound := range bounds {
		if fraction <= bound {
			return i + (exponent-1)*len(bounds)
		}
	}
	return exponent * len(bounds)
}

// bounds are 2^(i/8−1) for i from 0: the upper ends within one doubling.
var bounds = func() (b [1 << HistogramSchema]float64) {
	for i := range b {
		b[i] = math.Exp2(float64(i)/float64(len(b)) - 1)
	}
	return b
}()

// UpperBound is the upper end of a bucket of our schema.
func UpperBound(i int) float64 { return math.Exp2(float64(i) / (1 << HistogramSchema)) }

// BucketsOf packs counts by index.
func BucketsOf(counts map[int]uint64) (b Buckets) {
	next, last := 0, int64(0)
	for _, i := range sortedBuckets(counts) {
		if counts[i] == 0 {
			continue
		}
		if len(b.Spans) == 0 || i != next {
			b.Spans = append(b.Spans, [2]int{i - next, 0})
		}
		b.Spans[len(b.Spans)-1][1]++
		b.Deltas = append(b.Deltas, int64(counts[i])-last)
		last, next = int64(counts[i]), i+1
	}
	return b
}

// Counts unpacks the counts by index; ok is false if spans and deltas disagree or a
// count is below zero.
func (b Buckets) Counts() (counts map[int]uint64, ok bool) {
	counts = map[int]uint64{}
	index, at, n := 0, 0, int64(0)
	for _, span := range b.Spans {
		index += span[0]
		for range span[1] {
			if at == len(b.Deltas) {
				return nil, false
			}
			if n += b.Deltas[at]; n < 0 {
				return nil, false
			}
			counts[index] = uint64(n)
			index++
			at++
		}
	}
	return counts, at == len(b.Deltas)
}

func sortedBuckets(counts map[int]uint64) []int {
	index := make([]int, 0, len(counts))
	for i := range counts {
		index = append(index, i)
	}
	slices.Sort(index)
	return index
}
