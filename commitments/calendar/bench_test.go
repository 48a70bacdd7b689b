package calendar

import (
	"fmt"
	"testing"
	"time"
)

func BenchmarkAddWorkdays(b *testing.B) {
	c, d := warsaw(b), date(b, "2026-11-20")
	for _, n := range []int{1, 10, 250, 5000, -250} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.AddWorkdays(d+Date(i&1023), n)
			}
		})
	}
}

func BenchmarkWorkdays(b *testing.B) {
	c, d := warsaw(b), date(b, "2026-11-20")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Workdays(d, d+Date(i&1023))
	}
}

func BenchmarkAt(b *testing.B) {
	c, d := warsaw(b), date(b, "2026-11-20")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.At(d+Date(i&1023), 1020)
	}
}

func BenchmarkToday(b *testing.B) {
	c, at := warsaw(b), instant(b, testNow)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Today(at + Instant(i&1023)*1e9)
	}
}

func BenchmarkNextOpening(b *testing.B) {
	c, at := warsaw(b), instant(b, testNow)
	b.ReportAllocs()
	for b.Loop() {
		c.NextOpening(at)
	}
}

func BenchmarkAddHours(b *testing.B) {
	c, at := warsaw(b), instant(b, testNow)
	b.ReportAllocs()
	for b.Loop() {
		c.AddHours(at, 12*time.Hour)
	}
}

func BenchmarkZone(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Zone("Europe/Warsaw"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	var days []Day
	for d := date(b, "2026-01-01"); len(days) < 150; d += 23 {
		days = append(days, Day{Date: d, Name: "holiday"})
	}
	b.ReportAllocs()
	for b.Loop() {
		mustNew(b, Spec{Zone: "Europe/Warsaw", Days: days})
	}
}
