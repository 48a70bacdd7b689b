package store_test

import (
	"testing"

	"kept/commitments/store"
)

// TestTheDigestKnowsPlusOnesUpToItsInstant: who had one, and whom one would be owed.
func TestTheDigestKnowsPlusOnesUpToItsInstant(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise() // to Acme, made 2020-11-02
		h.promise(func(p *store.NewPromise) { p.Customer = "Globex" })
		h.live("2", "deliver 2020-11-10T12:00:00Z")
		_, err := h.PlusOne(h.ctx, h.op("1", "2021-03-01T12:00:00Z"), store.PlusOne{What: "a lamp"})
		must(t, err)
		for at, want := range map[string]string{
			"2021-04-20 12:00": "",       // not known for 180 days
			"2021-05-03 12:00": "Globex", // Acme had one in March
			"2021-05-10 12:00": "",       // nothing to do with Globex for 180 days
			"2021-08-27 12:00": "",       // 179 days
			"2021-08-29 12:00": "Acme 2021-03-01T12:00:00Z",
		} {
			d, err := h.MakeDigest(h.ctx, "", instant(at))
			must(t, err)
			got := ""
			for _, i := range d.PlusOnes {
				if got += i.Customer; i.LastAt != 0 {
					got += " " + i.LastAt.String()
				}
			}
			if got != want {
				t.Errorf("%s: no plus one for long: %q, want %q", at, got, want)
			}
		}
	})
}
