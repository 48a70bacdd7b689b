package main

import (
	"kept/commitments/calendar"
)

// deliveryCounts is what became of messages.
type deliveryCounts struct {
	Sent      int `json:"sent"`
	Pending   int `json:"pending"`
	Uncertain int `json:"uncertain"`
	Blocked   int `json:"blocked"`
	Dead      int `json:"dead"`
}

// deliver sends what is due as of an instant.
func (a *app) deliver(at calendar.Instant) (deliveryCounts, error) {
	return deliveryCounts{}, nil
}

func (a *app) messages(d deliveryCounts) {
	a.out.line("Messages: %d sent, %d pending, %d uncertain, %d blocked, %d given up.", d.Sent, d.Pending, d.Uncertain, d.Blocked, d.Dead)
}
