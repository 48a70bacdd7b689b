package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"kept/notify/fakeslack"
)

// clicking is one storm of clicks on the buttons of cards.
type clicking struct {
	clicks, clients int
	rate            float64 // clicks a second, of all clients together
	way             string  // http, socket, or both in turn
}

func clicksCommand(ctx context.Context, args []string, out io.Writer) error {
	o := options{out: out, grace: 10 * time.Second, lag: usualLag}
	k := clicking{}
	flags, short := common("clicks", &o)
	flags.IntVar(&k.clicks, "clicks", 10000, "clicks, a tenth of them repeated, stale or by the wrong person")
	flags.IntVar(&k.clients, "clients", 8, "clients at once")
	flags.Float64Var(&k.rate, "rate", 50, "clicks a second, of all clients together")
	flags.StringVar(&k.way, "way", "both", "how they reach Kept: http, socket, or both in turn")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *short {
		k.clicks = 500
	}
	r, err := newRig(ctx, o)
	if err != nil {
		return err
	}
	late, err := r.clicking(ctx, k)
	if err == nil && late > 0 {
		err = fmt.Errorf("%d clicks were not acknowledged within the three seconds that Slack waits", late)
	}
	return errors.Join(err, r.close())
}

// clicking lets people click on the cards of promises at risk, and sets what the database
// then says beside a model that knows only who clicked what. It gives how many clicks
// were acknowledged too late for Slack; that is no error here.
func (r *rig) clicking(ctx context.Context, k clicking) (late int, err error) {
	r.say("%d clicks, %d clients, %.0f a second, by %s, seed %d", k.clicks, k.clients, k.rate, k.way, r.seed)
	p, err := r.serve("clicks", "KEPT_SLACK_APP_TOKEN="+fakeslack.AppToken, "KEPT_SLACK_SIGNING_SECRET="+fakeslack.SigningSecret, "KEPT_SLACK_PER_SECOND=100")
	if err != nil {
		return 0, err
	}
	defer p.kill()
	if err := p.ready(ctx); err != nil {
		return 0, err
	}
	t := table{rig: r, seed: r.seed}
	if err := t.lay(ctx, max(k.clients, k.clicks/20)); err != nil {
		return 0, err
	}
	if err := r.connect(ctx, k.way, p.url); err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := t.play(ctx, k); err != nil {
		return 0, err
	}
	took := time.Since(begun)
	late = r.acknowledged(took)
	if _, err := p.stop(); err != nil {
		return late, fmt.Errorf("the process did not stop well: %w\n%s", err, p.lastWords())
	}
	return late, t.judge(ctx)
}

// connect lets what people do reach Kept.
func (r *rig) connect(ctx context.Context, way, url string) error {
	overHTTP, overSocket := r.slack.ViaHTTP(url+"slack", &http.Client{}), r.slack.ViaSocket()
	for way != "http" && r.slack.Sockets() == 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	var mu sync.Mutex
	turn := 0
	r.slack.Connect(func(ctx context.Context, door string, payload json.RawMessage) (json.RawMessage, error) {
		mu.Lock()
		turn++
		socket := way == "socket" || way == "both" && turn%2 == 0
		mu.Unlock()
		if socket {
			return overSocket(ctx, door, payload)
		}
		return overHTTP(ctx, door, payload)
	})
	return nil
}

// play lets clients click, until there were enough clicks. Each promise is clicked on in
// rounds: what is clicked in one round is on its way at once, from any client.
func (t *table) play(ctx context.Context, k clicking) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clicks := make(chan click)
	var clients, lanes sync.WaitGroup
	pace := time.NewTicker(time.Duration(float64(time.Second) / k.rate))
	defer pace.Stop()
	for range k.clients {
		clients.Go(func() {
			for c := range clicks {
				select {
				case <-pace.C:
				case <-ctx.Done():
				}
				_, err := t.slack.Send(ctx, "interactions", c.payload)
				if err != nil && !errors.Is(err, fakeslack.ErrTimeout) {
					cancel(err)
				}
				c.done.Done()
			}
		})
	}
	each := k.clicks / len(t.lanes)
	next := make(chan *lane)
	for range 2 * k.clients {
		lanes.Go(func() {
			for l := range next {
				l.play(ctx, each, clicks)
			}
		})
	}
	for _, l := range t.lanes {
		next <- l
	}
	close(next)
	lanes.Wait()
	close(clicks)
	clients.Wait()
	return context.Cause(ctx)
}

// acknowledged says how soon clicks were acknowledged, and counts those for which Slack
// would not have waited.
func (r *rig) acknowledged(in time.Duration) (late int) {
	var took []time.Duration
	for _, q := range r.slack.Requests() {
		took = append(took, q.Took)
		if errors.Is(q.Err, fakeslack.ErrTimeout) {
			late++
		}
	}
	slices.SortFunc(took, func(a, b time.Duration) int { return cmp.Compare(a, b) })
	at := func(share float64) time.Duration {
		return took[int(share*float64(len(took)-1))].Round(100 * time.Microsecond)
	}
	r.say("%d clicks in %s: acknowledged within %s (half), %s (99 of 100), %s (all); %d too late for Slack",
		len(took), in.Round(time.Second), at(0.5), at(0.99), at(1), late)
	return late
}
