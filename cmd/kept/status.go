package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/scheduler"
	"kept/web"
)

type statusCmd struct{}

// Help is shown by kept help status.
func (statusCmd) Help() string {
	return "Says whether promises are looked after, as /readyz does, from the database and a question of its own to Slack: beside a running kept serve, and without one. Ends with 1 if not.\n\n" +
		example("kept status", "kept status --json")
}

// shownStatus is how Kept fares, as it is shown.
type shownStatus struct {
	web.Judgement
	LastSweep  calendar.Instant            `json:"last_sweep"`
	LastDigest calendar.Instant            `json:"last_digest"`
	OwedSince  calendar.Instant            `json:"owed_since"`
	Messages   map[store.DeliveryState]int `json:"messages"`
	Slack      notify.Mode                 `json:"slack"`
}

// errNotWell says that a command has shown what is wrong.
var errNotWell = errors.New("not all is well")

// Run judges, shows, and fails if all is not well.
func (c statusCmd) Run(a *app) error {
	s, err := a.operator()
	if err != nil {
		return err
	}
	n, err := a.notifier(s, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	health, err := a.health(s, n)
	if err != nil {
		return err
	}
	shown, err := a.status(health)
	if err != nil {
		return err
	}
	if a.flags.JSON {
		err = a.out.json(shown)
	} else {
		a.statusReport(shown)
	}
	if err == nil && !shown.Ready {
		err = errNotWell
	}
	return err
}

// health is what judges a database that another process may be serving.
func (a *app) health(s *store.Store, n *notify.Notifier) (*web.Health, error) {
	set, err := a.settings()
	if err != nil {
		return nil, err
	}
	sweeps, err := scheduler.ParseSpec(set["schedule"].value)
	if err != nil {
		return nil, err
	}
	probe, err := s.NewProbe()
	if err != nil {
		return nil, err
	}
	return &web.Health{
		Store: s, Probe: probe, Slack: n, Backups: set["backup_dir"].value != "", Began: time.Now(),
		Next: func(last time.Time) time.Time { return sweeps.Next(last.UTC()) },
	}, nil
}

func (a *app) status(h *web.Health) (st shownStatus, err error) {
	asked := h.Slack.Ask(a.ctx)
	st.Judgement, st.Slack = h.Judge(a.ctx), h.Slack.Mode()
	if _, why := h.Slack.Trouble(); asked != nil && why == "" { // else it is in the judgement
		st.Warnings = append(st.Warnings, "Slack did not answer just now: "+asked.Error())
	}
	if st.LastSweep, err = h.Store.LastRun(a.ctx, store.JobSweep); err != nil {
		return st, err
	}
	digests, err := h.Store.DigestFigures(a.ctx)
	if err != nil {
		return st, err
	}
	st.LastDigest = digests.LastSent
	st.Messages, st.OwedSince, err = h.Store.DeliveryCounts(a.ctx)
	return st, err
}

func (a *app) statusReport(st shownStatus) {
	if st.Ready {
		a.out.line("All is well.")
	} else {
		a.out.line("Not well:")
	}
	for _, r := range st.Reasons {
		a.out.line("  ✗ %s", r)
	}
	for _, w := range st.Warnings {
		a.out.line("  ! %s", w)
	}
	owed := 0
	for _, state := range []store.DeliveryState{store.Pending, store.Sending, store.Uncertain, store.Blocked} {
		owed += st.Messages[state]
	}
	a.out.list([][2]string{
		{"last sweep", st.LastSweep.String()}, {"last digest", st.LastDigest.String()},
		{"messages", fmt.Sprintf("%d sent, %d waiting, %d given up", st.Messages[store.Sent], owed, st.Messages[store.Dead])},
		{"Slack", string(st.Slack)},
	})
}
