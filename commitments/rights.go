package commitments

import "slices"

// Role says what a person may do.
type Role string

// The roles, most powerful first.
const (
	Admin   Role = "admin"
	Lead    Role = "lead"
	Member  Role = "member"
	Manager Role = "manager"
	Viewer  Role = "viewer"
)

// Roles lists them all.
var Roles = [...]Role{Admin, Lead, Member, Manager, Viewer}

// Action is something a person may or may not do.
type Action int

// Every action there is. A new one must be given its row in the table below: a test
// walks them all.
const (
	ActView      Action = iota // see a promise
	ActAdd                     // log a promise
	ActEdit                    // change anything but its date
	ActCheckIn                 // say how much work is left
	ActCall                    // log a call to the customer, in any of its outcomes, or any other contact
	ActAck                     // say "I'm on it" of a call
	ActSnooze                  // put a call off
	ActNewDate                 // agree a new date
	ActDeliver                 // deliver, or reopen
	ActWithdraw                // withdraw
	ActWait                    // wait for the customer, and stop waiting
	ActHandOver                // give the promise to another owner
	ActAccept                  // record that the customer accepted a date, or what was delivered
	ActRescue                  // open a rescue, own it, make it right, close it
	ActSurvey                  // ask the customer how we did, or enter what they said
	ActPlusOne                 // record a small extra
	ActAsk                     // record what a customer asks for, and answer it
	ActSetUp                   // people, teams, calendars, settings
	ActTeam                    // a team's channel, calendar and rules
	ActCustomers               // customers, kinds
	ActImport                  // import and export
	ActOperate                 // sweep, send digests, look at deliveries
	ActSelf                    // choose one's own zone
	actionCount
)

// scope says to which promises a right extends.
type scope int

const (
	unset     scope = iota // no right was thought about: a fault
	never                  // none
	own                    // those the person owns
	ownOrTeam              // … and those of the person's teams
	ofMine                 // … and those of customers the person manages
	visible                // all the person can see
	always                 // all
)

// rights is the one table of role × action.
var rights = [actionCount]map[Role]scope{
	ActView:      {Admin: always, Lead: visible, Member: visible, Manager: visible, Viewer: visible},
	ActAdd:       {Admin: always, Lead: ownOrTeam, Member: own, Manager: never, Viewer: never},
	ActEdit:      {Admin: always, Lead: ownOrTeam, Member: own, Manager: own, Viewer: never},
	ActCheckIn:   {Admin: always, Lead: ownOrTeam, Member: own, Manager: own, Viewer: never},
	ActCall:      {Admin: always, Lead: visible, Member: visible, Manager: ofMine, Viewer: never},
	ActAck:       {Admin: always, Lead: visible, Member: visible, Manager: ofMine, Viewer: never},
	ActSnooze:    {Admin: always, Lead: visible, Member: visible, Manager: ofMine, Viewer: never},
	ActNewDate:   {Admin: always, Lead: ownOrTeam, Member: own, Manager: ofMine, Viewer: never},
	ActDeliver:   {Admin: always, Lead: ownOrTeam, Member: own, Manager: own, Viewer: never},
	ActWithdraw:  {Admin: always, Lead: ownOrTeam, Member: own, Manager: own, Viewer: never},
	ActWait:      {Admin: always, Lead: ownOrTeam, Member: own, Manager: ofMine, Viewer: never},
	ActHandOver:  {Admin: always, Lead: ownOrTeam, Member: own, Manager: never, Viewer: never},
	ActAccept:    {Admin: always, Lead: ownOrTeam, Member: own, Manager: ofMine, Viewer: never},
	ActRescue:    {Admin: always, Lead: ownOrTeam, Member: own, Manager: ofMine, Viewer: never},
	ActSurvey:    {Admin: always, Lead: ownOrTeam, Member: own, Manager: ofMine, Viewer: never},
	ActPlusOne:   {Admin: always, Lead: ownOrTeam, Member: own, Manager: ofMine, Viewer: never},
	ActAsk:       {Admin: always, Lead: visible, Member: visible, Manager: ofMine, Viewer: never},
	ActSetUp:     {Admin: always, Lead: never, Member: never, Manager: never, Viewer: never},
	ActTeam:      {Admin: always, Lead: ownOrTeam, Member: never, Manager: never, Viewer: never},
	ActCustomers: {Admin: always, Lead: always, Member: never, Manager: always, Viewer: never},
	ActImport:    {Admin: always, Lead: never, Member: never, Manager: never, Viewer: never},
	ActOperate:   {Admin: always, Lead: never, Member: never, Manager: never, Viewer: never},
	ActSelf:      {Admin: always, Lead: always, Member: always, Manager: always, Viewer: always},
}

// Actor is the person who does something. Every write records who it was.
type Actor struct {
	ID    ID
	Name  string
	Role  Role
	Teams []ID
}

// Subject is what decides whether an actor may touch a promise.
type Subject struct {
	Owner    ID   `db:"owner_id"`
	Team     ID   `db:"team_id"` // 0: a promise of no team, which all may see
	Manager  ID   `db:"manager_id"`
	Deputies []ID `db:"-"` // who may do it for the owner: of a rescue, those who are told when the owner does nothing
	Told     bool `db:"-"` // Kept has told the actor to act on it, and waits for that still: so they know of it
}

// Sees reports whether the actor may know that the promise exists. To others it is not found.
func (a Actor) Sees(s Subject) bool {
	switch {
	case a.Role == Admin || s.Team == 0 || s.Owner == a.ID || s.Told:
		return true
	case a.Role == Manager && s.Manager == a.ID:
		return true
	}
	return slices.Contains(a.Teams, s.Team)
}

// May reports whether the actor may do something to the promise.
func (a Actor) May(act Action, s Subject) bool {
	if !a.Sees(s) {
		return false
	}
	owns := s.Owner == a.ID || slices.Contains(s.Deputies, a.ID)
	switch rights[act][a.Role] {
	case always, visible:
		return true
	case own:
		return owns
	case ownOrTeam:
		return owns || s.Team == 0 || slices.Contains(a.Teams, s.Team)
	case ofMine:
		return owns || s.Manager == a.ID
	}
	return false
}

// MayAlways reports whether the actor may do something that is about no one promise.
func (a Actor) MayAlways(act Action) bool { return rights[act][a.Role] == always }
