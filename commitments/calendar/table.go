package calendar

import (
	"math"
	"math/bits"
)

// The table covers every date Kept accepts with room on both sides. It begins
// on a Sunday, so that a weekday mask and a day's index agree, and a whole
// number of 64-day blocks follows.
const (
	tableFrom   Date = 719040 // Sunday 31 August 1969
	tableBlocks      = 1543   // up to 15 January 2240
	tableDays        = tableBlocks * 64
)

// table answers "how many working days up to here" and "which is the k-th
// working day" in constant time: one bit per day, and the count of working
// days before each block of 64. Outside its span the weekly pattern goes on.
//
// The k-th working day is counted from tableFrom; days before it have k ≤ 0.
type table struct {
	weekly  weekly
	worked  [tableBlocks]uint64
	before  [tableBlocks + 1]int32
	surplus int64 // working days in the table beyond what the weekly pattern alone gives
}

// newTable lays the weekly pattern out and then applies the exceptions.
// Exceptions outside the table are ignored.
func newTable(mask uint8, days map[Date]Day) *table {
	t := &table{weekly: weekly(mask)}
	var pattern [7]uint64
	for day := range pattern {
		pattern[day] = t.weekly.block(day)
	}
	for b := range t.worked {
		t.worked[b] = pattern[b%7] // 64 days are nine weeks and a day
	}
	for _, d := range days {
		t.set(d)
	}
	for b, word := range t.worked {
		t.before[b+1] = t.before[b] + int32(bits.OnesCount64(word))
	}
	t.surplus = t.total() - t.weekly.rank(tableDays-1)
	return t
}

func (t *table) set(d Day) {
	i := index(d.Date)
	if i < 0 || i >= tableDays {
		return
	}
	bit := uint64(1) << (i % 64)
	if d.Works {
		t.worked[i/64] |= bit
	} else {
		t.worked[i/64] &^= bit
	}
}

// index of a date: days since tableFrom.
func index(d Date) int64 { return int64(d) - int64(tableFrom) }

// dateAt is the date with an index, kept within what a Date can hold.
func dateAt(i int64) Date {
	return Date(min(max(i+int64(tableFrom), math.MinInt32), math.MaxInt32))
}

func (t *table) total() int64 { return int64(t.before[tableBlocks]) }

// has reports whether day i is worked.
func (t *table) has(i int64) bool {
	if uint64(i) >= tableDays {
		return t.weekly.has(i)
	}
	return t.worked[i/64]>>(i%64)&1 == 1
}

// rank counts the working days from tableFrom through day i.
func (t *table) rank(i int64) int64 {
	if i < 0 {
		return t.weekly.rank(i)
	}
	if i >= tableDays {
		return t.weekly.rank(i) + t.surplus
	}
	upToAndWith := t.worked[i/64] << (63 - i%64)
	return int64(t.before[i/64]) + int64(bits.OnesCount64(upToAndWith))
}

// nth is the index of the k-th working day: the inverse of rank.
func (t *table) nth(k int64) int64 {
	if k <= 0 {
		return t.weekly.nth(k)
	}
	if k > t.total() {
		return t.weekly.nth(k - t.surplus)
	}
	b := (k - 1) * tableBlocks / t.total() // a guess, right to a block or two
	for int64(t.before[b]) >= k {
		b--
	}
	for int64(t.before[b+1]) < k {
		b++
	}
	return b*64 + nthBit(t.worked[b], int(k-int64(t.before[b])))
}

// nthBit is the position of the n-th set bit of word, counted from 1 and from
// the low end, found by halving. The choice of a half is made without a branch:
// which way it goes cannot be predicted.
func nthBit(word uint64, n int) int64 {
	at := 0
	for half := 32; half > 0; half /= 2 {
		inLow := bits.OnesCount64(word & (1<<half - 1))
		goHigh := (inLow - n) >> 63 // all ones if the bit is in the high half, else 0
		n -= inLow & goHigh
		at += half & goHigh
		word >>= uint(half&goHigh) & 63
	}
	return int64(at)
}

// weekly is the pattern of a week without exceptions: bit d for time.Weekday d.
// Day 0 is a Sunday. It needs at least one worked day.
type weekly uint8

func (w weekly) count() int64 { return int64(bits.OnesCount8(uint8(w))) }

func (w weekly) has(i int64) bool {
	_, day := divide(i, 7)
	return w>>day&1 == 1
}

// rank counts the working days from day 0 through day i; for i < 0, less the
// ones passed on the way back.
func (w weekly) rank(i int64) int64 {
	weeks, days := divide(i+1, 7)
	return weeks*w.count() + int64(bits.OnesCount8(uint8(w)&(1<<days-1)))
}

// nth is the inverse of rank.
func (w weekly) nth(k int64) int64 {
	weeks, days := divide(k-1, w.count())
	return weeks*7 + nthBit(uint64(w), int(days)+1)
}

// block is 64 days of the pattern from the given weekday.
func (w weekly) block(from int) uint64 {
	var word uint64
	for i := range 64 {
		word |= uint64(w>>((from+i)%7)&1) << i
	}
	return word
}

// divide rounds down, so that the remainder is never negative.
func divide(a, b int64) (quotient, remainder int64) {
	quotient, remainder = a/b, a%b
	if remainder < 0 {
		quotient, remainder = quotient-1, remainder+b
	}
	return quotient, remainder
}
