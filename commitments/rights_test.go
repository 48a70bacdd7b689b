package commitments

import "testing"

func TestRightsEveryActionSaysSomethingOfEveryRole(t *testing.T) {
	for act := range actionCount {
		for _, role := range Roles {
			if rights[act][role] == unset {
				t.Errorf("nobody thought about action %d of a %s", act, role)
			}
		}
		if len(rights[act]) != len(Roles) {
			t.Errorf("action %d names %d roles, of %d", act, len(rights[act]), len(Roles))
		}
	}
}

// The people of the tests: 1 acts; 9 is somebody else.
var subjects = map[string]Subject{
	"own":               {Owner: 1, Team: 5, Manager: 9},
	"own team's":        {Owner: 9, Team: 5, Manager: 9},
	"other team's":      {Owner: 9, Team: 6, Manager: 9},
	"no team's":         {Owner: 9, Manager: 9},
	"own customer's":    {Owner: 9, Team: 6, Manager: 1},
	"own in other team": {Owner: 1, Team: 6, Manager: 9},
}

func TestSees(t *testing.T) {
	see := map[Role][]string{
		Admin:   {"own", "own team's", "other team's", "no team's", "own customer's", "own in other team"},
		Lead:    {"own", "own team's", "no team's", "own in other team"},
		Member:  {"own", "own team's", "no team's", "own in other team"},
		Manager: {"own", "own team's", "no team's", "own customer's", "own in other team"},
		Viewer:  {"own", "own team's", "no team's", "own in other team"},
	}
	for _, role := range Roles {
		checkSubjects(t, string(role)+" sees", see[role], func(s Subject) bool { return actor(role).Sees(s) })
	}
}

func actor(role Role) Actor { return Actor{ID: 1, Role: role, Teams: []ID{4, 5}} }

func checkSubjects(t *testing.T, what string, want []string, may func(Subject) bool) {
	t.Helper()
	yes := map[string]bool{}
	for _, name := range want {
		yes[name] = true
	}
	for name, s := range subjects {
		if may(s) != yes[name] {
			t.Errorf("%s %s: %v, want %v", what, name, may(s), yes[name])
		}
	}
}

func TestMay(t *testing.T) {
	all := []string{"own", "own team's", "other team's", "no team's", "own customer's", "own in other team"}
	mine := []string{"own", "own in other team"}
	teams := []string{"own", "own team's", "no team's", "own in other team"}
	customers := []string{"own", "own customer's", "own in other team"}
	for _, c := range []struct {
		role Role
		act  Action
		want []string
	}{
		{Admin, ActDeliver, all}, {Admin, ActSetUp, all},
		{Lead, ActDeliver, teams}, {Lead, ActNewDate, teams}, {Lead, ActAdd, teams}, {Lead, ActSetUp, nil},
		{Member, ActCheckIn, mine}, {Member, ActDeliver, mine}, {Member, ActNewDate, mine}, {Member, ActAdd, mine},
		{Member, ActCall, teams}, // calls of any promise they see
		{Manager, ActCall, customers}, {Manager, ActNewDate, customers}, {Manager, ActDeliver, mine}, {Manager, ActAdd, nil},
		{Viewer, ActView, teams}, {Viewer, ActCall, nil}, {Viewer, ActDeliver, nil},
	} {
		checkSubjects(t, string(c.role)+" may", c.want, func(s Subject) bool { return actor(c.role).May(c.act, s) })
	}
}

func TestMayOnlyWhatIsSeen(t *testing.T) {
	for _, role := range Roles {
		for act := range actionCount {
			for name, s := range subjects {
				if a := actor(role); a.May(act, s) && !a.Sees(s) {
					t.Errorf("a %s may do %d to %s without seeing it", role, act, name)
				}
			}
		}
	}
}

func TestMayAlways(t *testing.T) {
	for _, c := range []struct {
		act  Action
		want []Role
	}{
		{ActSetUp, []Role{Admin}}, {ActImport, []Role{Admin}}, {ActOperate, []Role{Admin}},
		{ActCustomers, []Role{Admin, Lead, Manager}}, {ActSelf, []Role{Admin, Lead, Member, Manager, Viewer}},
	} {
		yes := map[Role]bool{}
		for _, role := range c.want {
			yes[role] = true
		}
		for _, role := range Roles {
			if got := actor(role).MayAlways(c.act); got != yes[role] {
				t.Errorf("action %d by a %s: %v", c.act, role, got)
			}
		}
	}
	if actor("guest").MayAlways(ActView) || actor("guest").May(ActView, subjects["own"]) {
		t.Error("an unknown role may look")
	}
}
