package slackapp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kept/commitments"
	"kept/commitments/store"
)

// visitor is who made a request, once it is known that they may make any.
type visitor struct {
	person store.Person
	actor  commitments.Actor
	user   string // Slack's
}

// Errors of people who may make no request, and read nothing.
var (
	errUnknown = errors.New("not known")                                        // nobody in Kept has the Slack account
	errOutside = fmt.Errorf("of another company, and so %w", errUnknown)        // met in a shared channel
	errForeign = errors.New("the request comes from another workspace")         // an old installation of the app, say
	errAsking  = errors.New("Slack does not say whose workspace the app is in") //nolint:staticcheck // Slack is a name
)

// who finds the person behind a Slack account: the one it was given to by hand, else, of
// a full member, the one who has the same e-mail address in both. A guest counts only if
// mapped by hand, a bot or somebody who has left never. The error is errUnknown where
// there is none (errOutside is one), and the database's.
func (a *App) who(ctx context.Context, from account) (visitor, error) {
	home, err := a.workspace(ctx)
	if err != nil {
		return visitor{}, err
	}
	seen := a.profile(ctx, from.ID)
	switch {
	case home.outside(from.Team, seen.enterprise) || home.outside(seen.team, seen.enterprise):
		return visitor{}, errOutside
	case seen.never:
		return visitor{}, errUnknown
	}
	p, actor, err := a.store.InSlack(ctx, from.ID)
	if errors.Is(err, commitments.ErrNotFound) && a.sameAddress(ctx, from.ID, seen) {
		p, actor, err = a.store.InSlack(ctx, from.ID)
	}
	if errors.Is(err, commitments.ErrNotFound) || errors.Is(err, commitments.ErrRefused) {
		return visitor{}, errUnknown
	}
	return visitor{p, actor, from.ID}, err
}

// sameAddress maps a member to the person who has their e-mail address, and reports
// whether it did.
func (a *App) sameAddress(ctx context.Context, user string, seen profile) bool {
	if seen.email == "" || seen.guest {
		return false
	}
	v, err := a.store.Person(ctx, seen.email)
	if err != nil || !strings.EqualFold(v.Email, seen.email) { // somebody's name may look like an address
		return false
	}
	if err = a.store.FoundInSlack(ctx, &v.Person, user); err != nil {
		a.log.Error("who has a Slack account was found, and cannot be noted", "error", err)
	}
	return err == nil
}

// stranger tells somebody who may make no request why.
func stranger(err error, user string) string {
	if errors.Is(err, errOutside) {
		return "Kept answers only the people of the company it works for."
	}
	return "Kept does not know who you are. Ask an administrator of Kept to map you: kept person edit EMAIL --slack " + user
}

// workspace is where the app is installed.
type workspace struct{ team, enterprise string }

// outside reports whether a team is not ours, nor of our enterprise.
func (w workspace) outside(team, enterprise string) bool {
	return team != "" && team != w.team && (enterprise == "" || enterprise != w.enterprise)
}

// acquaintances is what Slack has said of itself and of its people. It is safe for
// concurrent use; its zero value is ready.
type acquaintances struct {
	mu     sync.Mutex
	home   workspace
	failed time.Time // when Slack last did not say which it is
	people map[string]profile
	asked  int // how often in the minute that began then
	minute time.Time
}

// How long answers are believed, and how often Slack is asked.
const (
	askFor       = time.Second     // a click waits
	homeAgain    = 5 * time.Second // after a failure
	profileFor   = time.Hour       // leavers cannot click
	profileAgain = time.Minute     // after a failure
	maxAsked     = 60              // a minute: Slack takes a hundred
	maxProfiles  = 20_000          // remembered at a time
)

// workspace asks Slack once where the app is installed. The error is errAsking.
func (a *App) workspace(ctx context.Context) (workspace, error) {
	a.met.mu.Lock()
	defer a.met.mu.Unlock()
	if a.met.home.team != "" {
		return a.met.home, nil
	}
	if time.Since(a.met.failed) < homeAgain {
		return workspace{}, errAsking
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	me, err := a.api.AuthTestContext(ctx)
	if err != nil || me.TeamID == "" {
		a.met.failed = time.Now()
		return workspace{}, fmt.Errorf("%w: %v", errAsking, err) //nolint:errorlint // of Slack's errors nobody asks which
	}
	a.met.home = workspace{me.TeamID, me.EnterpriseID}
	return a.met.home, nil
}

// profile is what Slack says of an account; the zero profile where it does not.
type profile struct {
	team, enterprise, email, zone string
	guest                         bool
	never                         bool // a bot, or somebody who has left
	until                         time.Time
}

// profile asks Slack about an account, now and then, and not too often in all.
func (a *App) profile(ctx context.Context, user string) profile {
	known, ask := a.met.remembers(user, time.Now())
	if !ask {
		return known
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	u, err := a.api.GetUserInfoContext(ctx, user)
	if err != nil {
		known.until = time.Now().Add(profileAgain)
	} else {
		known = profile{
			team: u.TeamID, enterprise: u.Enterprise.EnterpriseID, email: u.Profile.Email, zone: u.TZ,
			guest: u.IsRestricted || u.IsUltraRestricted || u.IsStranger || u.IsInvitedUser,
			never: u.Deleted || u.IsBot || u.IsAppUser || u.IsConnectorBot || u.IsWorkflowBot, until: time.Now().Add(profileFor),
		}
	}
	a.met.learn(user, known)
	return known
}

// remembers is what is known of an account, and whether to ask anew.
func (m *acquaintances) remembers(user string, now time.Time) (known profile, ask bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known = m.people[user]
	if user == "" || now.Before(known.until) {
		return known, false
	}
	if now.Sub(m.minute) >= time.Minute {
		m.minute, m.asked = now, 0
	}
	m.asked++
	return known, m.asked <= maxAsked
}

func (m *acquaintances) learn(user string, p profile) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.people == nil || len(m.people) >= maxProfiles {
		m.people = map[string]profile{}
	}
	m.people[user] = p
}

// origin is where a request comes from, at whatever door.
type origin struct {
	TeamID       string         `json:"team_id"`
	EnterpriseID string         `json:"enterprise_id"`
	Team         team           `json:"team"`
	Enterprise   team           `json:"enterprise"`
	App          string         `json:"api_app_id"`
	For          []installation `json:"authorizations"` // of an event in a shared channel, whose team may be the other
}

type installation struct {
	Team       string `json:"team_id"`
	Enterprise string `json:"enterprise_id"`
}

// admit refuses a request of another workspace, or of another app. The error is
// errForeign, errAsking, or that of JSON.
func (a *App) admit(ctx context.Context, payload json.RawMessage) error {
	var from origin
	if err := json.Unmarshal(payload, &from); err != nil {
		return err
	}
	home, err := a.workspace(ctx)
	if err != nil {
		return err
	}
	if ours := a.line.appID(); ours != "" && from.App != "" && from.App != ours {
		return errForeign
	}
	team, enterprise := cmp.Or(from.TeamID, from.Team.ID), cmp.Or(from.EnterpriseID, from.Enterprise.ID)
	if home.has(team, enterprise) {
		return nil
	}
	if slices.ContainsFunc(from.For, func(i installation) bool { return home.has(i.Team, i.Enterprise) }) {
		return nil
	}
	return errForeign
}

// has reports whether a request of a team, or of all of an enterprise, is for us.
func (w workspace) has(team, enterprise string) bool {
	return team == w.team || enterprise != "" && enterprise == w.enterprise
}
