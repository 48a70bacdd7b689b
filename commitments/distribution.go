package commitments

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
)

// Distribution is how often each value came: exact, in memory that grows with the
// different values and not with how many there are. The zero Distribution counts days;
// one of hours counts tenths of an hour.
type Distribution struct {
	counts map[int]int
	total  int
	parts  int // values to one unit; 0 = 1
}

// tenths is the unit of a distribution of hours.
const tenths = 10

func (d *Distribution) add(value int) {
	if d.counts == nil {
		d.counts = map[int]int{}
	}
	d.counts[value]++
	d.total++
}

// Count is how many values there are.
func (d *Distribution) Count() int { return d.total }

// Median is the middle value, or the mean of the two in the middle; nil if there are too
// few to say.
func (d *Distribution) Median() *float64 {
	if d.total < TooFew {
		return nil
	}
	return d.units(float64(d.ranked((d.total+1)/2)+d.ranked(d.total/2+1)) / 2)
}

// P90 is the least value that nine tenths of all do not exceed; nil if there are too few
// to say.
func (d *Distribution) P90() *float64 {
	if d.total < TooFew {
		return nil
	}
	return d.units(float64(d.ranked((d.total*9 + 9) / 10)))
}

// ranked is the n-th smallest value, from 1.
func (d *Distribution) ranked(n int) int {
	for _, value := range slices.Sorted(maps.Keys(d.counts)) {
		if n -= d.counts[value]; n <= 0 {
			return value
		}
	}
	return 0
}

func (d *Distribution) units(value float64) *float64 {
	value /= float64(max(1, d.parts))
	return &value
}

// MarshalJSON writes {count, median, p90}; what there are too few to say is null.
func (d Distribution) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Count  int      `json:"count"`
		Median *float64 `json:"median"`
		P90    *float64 `json:"p90"`
	}{d.total, d.Median(), d.P90()})
}

// Stars counts ratings: how many of one star, of two, and so on to five.
type Stars [5]int

func (s *Stars) add(rating int) {
	if rating >= 1 && rating <= len(s) {
		s[rating-1]++
	}
}

// Count is how many ratings there are.
func (s Stars) Count() (n int) {
	for _, times := range s {
		n += times
	}
	return n
}

// Low is how many of them are of one or two stars.
func (s Stars) Low() int { return s[0] + s[1] }

// Mean is the mean rating, of two decimals; nil if there are too few to say.
func (s Stars) Mean() *float64 {
	n, sum := s.Count(), 0
	if n < TooFew {
		return nil
	}
	for i, times := range s {
		sum += (i + 1) * times
	}
	mean := math.Round(float64(sum)/float64(n)*100) / 100
	return &mean
}

// MarshalJSON writes {count, mean, low, stars}; a mean there are too few for is null.
func (s Stars) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Count int      `json:"count"`
		Mean  *float64 `json:"mean"`
		Low   int      `json:"low"`
		Stars [5]int   `json:"stars"`
	}{s.Count(), s.Mean(), s.Low(), s})
}
