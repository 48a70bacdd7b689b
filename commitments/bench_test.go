package commitments

import "testing"

// The common path: nothing is wrong, and the only question is when to look again.
func BenchmarkAssessOnTrack(b *testing.B) {
	cal := warsaw(b)
	f := left(december(cal), "3", on(cal, "2026-12-01 10:00"))
	f.WaitingFor, f.WaitingSince = "", 0
	benchmarkAssess(b, &f, on(cal, "2026-12-03 12:00"), OnTrack, func(f *Facts, now Instant) Stage {
		return Assess(f, &DefaultThresholds, cal, now).Stage
	})
}

// Every reason of the at-risk stage holds and is put into words.
func BenchmarkAssessAtRisk(b *testing.B) {
	cal := warsaw(b)
	f := left(december(cal), "9.5", on(cal, "2026-12-07 10:00"))
	f.WaitingFor, f.WaitingSince, f.Blocked = "", 0, "no steel"
	benchmarkAssess(b, &f, on(cal, "2026-12-17 12:00"), AtRisk, func(f *Facts, now Instant) Stage {
		return Assess(f, &DefaultThresholds, cal, now).Stage
	})
}

// A whole look: the assessment and what it means for alerts.
func BenchmarkLookOnTrack(b *testing.B) {
	cal := warsaw(b)
	f := left(december(cal), "3", on(cal, "2026-12-01 10:00"))
	benchmarkAssess(b, &f, on(cal, "2026-12-03 12:00"), OnTrack, func(f *Facts, now Instant) Stage {
		return Look(f, NewAlertState(), &DefaultThresholds, cal, now).Stage
	})
}

func benchmarkAssess(b *testing.B, f *Facts, now Instant, want Stage, assess func(*Facts, Instant) Stage) {
	b.ReportAllocs()
	for b.Loop() {
		if got := assess(f, now); got != want {
			b.Fatalf("%s, want %s", got, want)
		}
	}
}

// The common path must stay free of garbage: a sweep of a million promises makes a
// million of these.
func TestAssessOnTrackDoesNotAllocate(t *testing.T) {
	cal := warsaw(t)
	f := left(december(cal), "3", on(cal, "2026-12-01 10:00"))
	f.WaitingFor, f.WaitingSince = "", 0
	now := on(cal, "2026-12-03 12:00")
	if n := testing.AllocsPerRun(100, func() { Assess(&f, &DefaultThresholds, cal, now) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
