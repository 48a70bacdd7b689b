package fakeslack

import (
	"strings"
	"time"
)

func (s *Server) userInfo(c *call) (fields, error) {
	u, ok := s.users[c.args["user"]]
	if !ok {
		return nil, failure("user_not_found")
	}
	return fields{"user": u.render(s.now(), c.token)}, nil
}

// lookupByEmail finds members only: a guest or a leaver is not found.
func (s *Server) lookupByEmail(c *call) (fields, error) {
	email := c.args["email"]
	for _, u := range s.users {
		if email != "" && strings.EqualFold(u.Email, email) && !u.Deleted && !u.Guest && !u.Bot && u.Team == "" {
			return fields{"user": u.render(s.now(), c.token)}, nil
		}
	}
	return nil, failure("users_not_found")
}

// render is the user as a token may see it: the address needs its own scope.
func (u User) render(now time.Time, t Token) fields {
	zone, err := time.LoadLocation(u.Zone)
	if err != nil {
		zone = time.UTC
	}
	abbreviation, offset := now.In(zone).Zone()
	profile := fields{"real_name": u.RealName, "display_name": u.Name}
	if t.has("users:read.email") && u.Email != "" {
		profile["email"] = u.Email
	}
	return fields{
		"id": u.ID, "team_id": u.team(), "name": u.Name, "real_name": u.RealName,
		"deleted": u.Deleted, "is_bot": u.Bot, "is_restricted": u.Guest,
		"tz": zone.String(), "tz_label": abbreviation, "tz_offset": offset, "profile": profile,
	}
}
