package commitments

import "testing"

// TestALetDownIsTakenUpByARescue: whoever says 1 or 2 is owed one, until it was opened.
func TestALetDownIsTakenUpByARescue(t *testing.T) {
	m := newManaged(t)
	m.customer(1, "Acme", 100, "2026-06-22")
	p := m.promise(1, "2026-06-15", "2026-06-12 12:00")
	p.History.Ratings = []Rating{{At: m.at("2026-06-16 09:00"), Rating: 2}, {At: m.at("2026-06-25 09:00"), Rating: 1}, {At: m.at("2026-06-30 09:00"), Rating: 3}}
	p.History.RescueSteps = []RescueStep{{At: m.at("2026-06-17 09:00"), Act: RescueOpened}, {At: m.at("2026-06-20 09:00"), Act: RescueClosed}}
	for at, want := range map[string]bool{
		"2026-06-16 08:59": false, "2026-06-16 09:00": true, "2026-06-17 09:00": false, "2026-06-21 09:00": false, // while it is open, and after
		"2026-06-25 09:00": true, "2026-06-30 09:00": false, // they say it anew, then that it is better
	} {
		if is := p.History.LetDownAt(m.at(at)) != 0; is != want {
			t.Errorf("on %s: let down is %t, want %t", at, is, want)
		}
	}
}
