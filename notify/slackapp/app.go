// Package slackapp is the Slack app: what people do in Slack, with buttons, modals,
// commands, the message shortcut and their home tab, becomes the store's methods, with
// their own rights. It has no rules of its own.
//
// A request is carried out in one transaction of the database before it is answered,
// and once, however often it comes. What can wait, as a modal that opens or a card that
// changes, follows the answer.
package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"

	"github.com/slack-go/slack"
)

// Config says how Slack's requests come in. Without an app token there is no Socket
// Mode, without a signing secret there are no HTTP endpoints.
type Config struct {
	Slack          notify.Config
	AppToken       string   // for Socket Mode, xapp-…
	SigningSecrets []string // any of them may have signed a request
	PublicURL      string   // where Kept's own links begin; "" for none
	SurveyURL      string   // where the links begin that customers are sent
}

// App answers Slack's requests. It is safe for use by many goroutines, and beside other
// processes on the same database.
type App struct {
	cfg    Config
	store  *store.Store
	api    *slack.Client
	bare   *http.Client // without a token
	log    *slog.Logger
	now    func() calendar.Instant
	poke   func() // wakes those who edit cards and send what follows
	behind sync.WaitGroup
	latest latest
	homes  homes
	met    acquaintances
	tally  tally
	line   *line
	hands  chan struct{} // one in it for each request in hand
	quiet  time.Duration // how long Slack's socket may be
}

// New makes an App. Poke is called when cards have changed; nil does nothing.
func New(cfg Config, s *store.Store, poke func(), log *slog.Logger) *App {
	if poke == nil {
		poke = func() {}
	}
	return &App{cfg: cfg, store: s, api: cfg.Slack.Client(), bare: cfg.Slack.Bare(), log: log, poke: poke,
		now:  func() calendar.Instant { return calendar.InstantOf(time.Now()) },
		line: &line{log: log, why: "it has not been yet"}, hands: make(chan struct{}, inHand), quiet: quietFor}
}

// Door is a way by which requests come in, named as the paths of the HTTP endpoints are.
type Door string

// The doors.
const (
	Commands     Door = "commands"
	Interactions Door = "interactions"
	Events       Door = "events"
)

// reply is what Slack is told at once, and what is done after that.
type reply struct {
	body    any                   // as JSON; nil is an empty answer
	after   func(context.Context) // with a context of its own; nil for nothing
	changed bool                  // something is no longer as it was
}

// later is an empty reply, and something that is done after it.
func later(after func(context.Context)) reply { return reply{after: after} }

// afterFor is how long what follows an answer may take.
const afterFor = time.Minute

// Handle carries out one request, given as the JSON of its payload, and gives the JSON to
// answer with; nil is an empty answer. Nothing that a request holds makes it fail: what
// is not understood is logged, and answered in neutral words.
func (a *App) Handle(ctx context.Context, door Door, payload json.RawMessage) json.RawMessage {
	began := time.Now()
	defer func() { a.tally.answered(door, time.Since(began)) }()
	r := a.contained(ctx, door, payload)
	if r.after != nil {
		a.behind.Add(1)
		go a.follow(context.WithoutCancel(ctx), requestKey(door, payload), r.after)
	}
	if r.body == nil {
		return nil
	}
	body, err := json.Marshal(r.body)
	if err != nil {
		a.log.Error("an answer to Slack cannot be written", "error", err)
		return nil
	}
	return body
}

// Wait waits until all that follows answers is done.
func (a *App) Wait() { a.behind.Wait() }

// follow does what follows an answer, if it was not done when the same request came
// before.
func (a *App) follow(ctx context.Context, key string, after func(context.Context)) {
	defer a.behind.Done()
	defer a.contain("what follows a request from Slack")
	ctx, cancel := context.WithTimeout(ctx, afterFor)
	defer cancel()
	switch err := a.store.Once(ctx, "after "+key); {
	case errors.Is(err, store.ErrRepeated):
		return
	case err != nil:
		a.log.Error("a request from Slack cannot be noted: if it comes again, it is answered again", "error", err)
	}
	after(ctx)
}

// contained is the reply to a request, whatever becomes of it.
func (a *App) contained(ctx context.Context, door Door, payload json.RawMessage) (r reply) {
	defer func() {
		if p := recover(); p != nil {
			a.panicked("a request from Slack", p)
			r = a.unsure(door, payload)
		}
	}()
	if err := a.admit(ctx, payload); err != nil {
		a.log.Warn("a request from Slack was not admitted", "door", string(door), "error", err)
		return a.notAdmitted(door, payload, err)
	}
	switch door {
	case Commands:
		return a.command(ctx, payload)
	case Interactions:
		return a.interaction(ctx, payload)
	case Events:
		return a.event(ctx, payload)
	}
	a.log.Warn("a request from Slack came by an unknown door", "door", string(door))
	return reply{}
}

// notAdmitted is the reply to a request that is not known to be of our workspace: of
// another it is none, but where Slack just did not say which is ours, nobody is to think
// that it was carried out.
func (a *App) notAdmitted(door Door, payload json.RawMessage, why error) reply {
	var in interaction
	switch {
	case door == Commands:
		return privately("Kept cannot answer this here and now. Nothing was changed.")
	case door == Interactions && errors.Is(why, errAsking) && json.Unmarshal(payload, &in) == nil:
		return a.turnAway(&in, why)
	}
	return reply{}
}

// errPanicked is what those are told whose request ended in a panic.
var errPanicked = commitments.Refused("", "Something went wrong in Kept, which has noted it. See whether this was recorded before you try again.")

// unsure is the reply to a request that ended in a panic, before or after it was carried
// out: nobody is to think that it was.
func (a *App) unsure(door Door, payload json.RawMessage) reply {
	var in interaction
	switch {
	case door == Commands:
		return privately(a.words(errPanicked))
	case door == Interactions && json.Unmarshal(payload, &in) == nil:
		return a.turnAway(&in, errPanicked)
	}
	return reply{}
}

// contain ends a panic here.
func (a *App) contain(over string) {
	if p := recover(); p != nil {
		a.panicked(over, p)
	}
}

// panicked notes a panic. What it says is not logged: it may quote what people typed.
func (a *App) panicked(over string, p any) {
	a.log.Error("Kept panicked", "over", over, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
}
