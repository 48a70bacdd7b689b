package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/slackapp"
	"kept/scheduler"
	"kept/web"
)

// How long stopping may take: less than the 20 seconds after which a supervisor
// would lose patience. A message on its way takes up to 10 seconds.
const (
	stopJobs  = 14 * time.Second
	stopPages = 4 * time.Second
	stopStore = time.Second
)

// watchFile is how often a service looks whether its database's file is still there.
const watchFile = 10 * time.Second

// service is what runs as long as kept serve does.
type service struct {
	store *store.Store
	probe *store.Probe
	slack *notify.Notifier
	in    slackapp.Config // how what people do in Slack comes in
	app   *slackapp.App   // nil without a bot token
	jobs  *scheduler.Scheduler
	pulse *web.Heartbeat
	pages *web.Server
	log   *slog.Logger

	running context.Context // until nothing more may be begun
	halt    context.CancelFunc
}

// service puts everything together. Demo is nil but in kept demo.
func (a *app) service(s *store.Store, in slackapp.Config, demo *web.Demo) (*service, error) {
	level := &slog.LevelVar{}
	v := &service{store: s, in: in, log: slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))}
	v.running, v.halt = context.WithCancel(context.Background())
	level.Set(slog.LevelWarn) // what the parts say of their settings we say ourselves
	defer level.Set(slog.LevelInfo)
	var err error
	if v.probe, err = s.NewProbe(); err != nil {
		return nil, err
	}
	if v.slack, err = notify.New(in.Slack, s, v.log); err != nil {
		return nil, err
	}
	set, err := a.settings()
	if err != nil {
		return nil, err
	}
	backups, err := a.backups()
	if err != nil {
		return nil, err
	}
	health := &web.Health{Store: s, Probe: v.probe, Slack: v.slack, Backups: backups.Dir != "", Began: time.Now()}
	v.pulse = web.NewHeartbeat(set["heartbeat_url"].value, health, v.log, nil)
	v.jobs, err = scheduler.New(scheduler.Config{Sweep: set["schedule"].value, Ahead: v.ahead, Swept: v.pulse.Beat, Backups: backups}, s, sender{v}, v.log)
	if err != nil {
		return nil, err
	}
	if v.slack.Mode() == notify.Bot {
		v.app = slackapp.New(in, s, v.poke, v.log)
	}
	health.App, health.Jobs, health.Next = v.app, v.jobs, v.jobs.Next
	v.pages, err = web.New(web.Config{Health: health, Version: version, Log: v.log, Demo: demo})
	return v, err
}

// ahead asks other clocks how far this machine's is ahead: Slack's, and if it does not
// answer, that of the database's server, which may be this machine.
func (v *service) ahead(ctx context.Context) (by time.Duration, known bool) {
	if v.slack.AskTime(ctx) == nil {
		by, _ = v.slack.ClockSkew()
		return by, true
	}
	return v.store.Ahead(ctx)
}

// sender lets the scheduler send, until the service stops: then a message on its way
// is finished, and no other is begun.
type sender struct{ v *service }

// Deliver sends what is due.
func (s sender) Deliver(ctx context.Context, at calendar.Instant) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.v.running, cancel)()
	_, err := s.v.slack.Deliver(ctx, at)
	return err
}

// poke has the cards edited, and what follows on them sent, at once.
func (v *service) poke() {
	v.slack.Poke()
	v.jobs.Wake()
}

// run serves until ctx ends, or until it cannot any more.
func (v *service) run(ctx context.Context, l net.Listener) error {
	server := v.pages.HTTP()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	var work sync.WaitGroup
	work.Go(func() { _ = v.jobs.Run(v.running) }) // it logs what fails, and ends only when told to
	work.Go(func() { v.slack.Tend(v.running) })
	if v.app != nil && v.app.Listens() {
		work.Go(func() { v.app.Listen(v.running) })
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		work.Wait()
	}()
	go v.check()
	go v.watch()
	go v.attend()
	var err error
	select {
	case <-ctx.Done():
		v.log.Info("stopping")
	case err = <-failed:
	}
	v.pages.Drain()
	v.halt()
	return errors.Join(err, v.finish(server, ended))
}

// finish waits for what is in hand, within limits, and leaves the database whole.
func (v *service) finish(server *http.Server, jobs <-chan struct{}) error {
	var late error
	select {
	case <-jobs:
	case <-time.After(stopJobs):
		late = fmt.Errorf("stopped without waiting longer for what was in hand: the next start goes on with it")
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopPages)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close() // whoever is still connected has had their time
	}
	v.answered(ctx)
	if v.probe.SameFile() != nil {
		return late
	}
	ctx, cancel = context.WithTimeout(context.Background(), stopStore)
	defer cancel()
	if err := v.store.Checkpoint(ctx); err != nil {
		v.log.Warn("the database's log was not folded in: the next start does it", "error", err)
	}
	return late
}

// answered waits for what follows answers to Slack, as a modal that opens.
func (v *service) answered(ctx context.Context) {
	if v.app == nil {
		return
	}
	done := make(chan struct{})
	go func() {
		v.app.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// check looks once whether Slack would take messages, and warns of what is wrong.
func (v *service) check() {
	teams, err := v.store.Teams(v.running)
	if err != nil || v.slack.Mode() == notify.Off {
		return
	}
	for _, f := range v.slack.Check(v.running, v.in.Scopes(), slackChannels(teams)...) {
		if !f.OK {
			v.log.Warn(f.What, "fix", f.Fix)
		}
	}
}

// askSlack is how often Slack is asked whether it still knows us: a token that is
// revoked while nothing is owed is noticed within that time.
const askSlack = 30 * time.Second

// attend keeps what is known of Slack fresh.
func (v *service) attend() {
	ticker := time.NewTicker(askSlack)
	defer ticker.Stop()
	for {
		_ = v.slack.Ask(v.running) // what it says turns health red
		select {
		case <-v.running.Done():
			return
		case <-ticker.C:
		}
	}
}

// watch stops sweeping and sending once the database's file is not the one that was
// opened: what would be written there is lost. The pages go on, to say so.
func (v *service) watch() {
	ticker := time.NewTicker(watchFile)
	defer ticker.Stop()
	for {
		select {
		case <-v.running.Done():
			return
		case <-ticker.C:
		}
		if err := v.probe.SameFile(); err != nil {
			v.log.Error("sweeping and sending have stopped: start Kept again on the right file", "error", err)
			v.halt()
			return
		}
	}
}
