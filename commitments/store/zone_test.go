package store_test

import (
	"testing"

	"kept/commitments/store"
)

// A zone that this version's table has lost, of a calendar or of a person, holds up
// nothing: UTC stands in for it until somebody names another.
func TestF67_AZoneThatIsGone(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		poland, warsaw, acme := "Poland", "Europe/Warsaw", "Acme"
		_, err := h.AddCalendar(h.ctx, h.ada, store.CalendarInput{Name: &poland, Zone: &warsaw})
		must(t, err)
		_, err = h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: &acme, Calendar: &poland})
		must(t, err)
		h.promise()
		for _, statement := range []string{"UPDATE calendars SET zone = 'Gone/Zone' WHERE name = 'Poland'", "UPDATE people SET zone = 'Gone/Zone'"} {
			_, err := h.Raw().Exec(statement)
			must(t, err)
		}
		s, err := store.Open(h.ctx, h.dsn)
		must(t, err)
		defer s.Close()
		swept, err := s.Sweep(h.ctx, instant("2020-11-21 00:30")) // over in UTC, and would have been in Warsaw
		if err != nil || len(swept.Alerts) != 1 {
			t.Errorf("swept %+v, %v; want one alert", swept, err)
		}
		if unknown, err := s.UnknownZones(h.ctx); err != nil || len(unknown) != 1 || unknown[0] != "Gone/Zone" {
			t.Errorf("unknown are %q, %v", unknown, err)
		}
		if _, err := s.EditCalendar(h.ctx, h.ada, poland, store.CalendarInput{Zone: &warsaw, Apply: true}); err != nil {
			t.Errorf("naming another zone: %v", err)
		}
	})
}
