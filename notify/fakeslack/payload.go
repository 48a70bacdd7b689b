package fakeslack

import "encoding/json"

// verificationToken is the old token in every payload, which nobody should
// look at.
const verificationToken = "fake-verification-token"

// teamDomain is the workspace's part of its address.
const teamDomain = "fake"

// interaction is what every interaction's payload holds.
func (s *Server) interaction(kind string, u User) fields {
	return fields{
		"type": kind, "token": verificationToken, "api_app_id": AppID,
		"team": fields{"id": TeamID, "domain": teamDomain}, "enterprise": nil, "is_enterprise_install": false,
		"user": fields{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.team()},
	}
}

// trigger makes a trigger for what u did in the modal, or elsewhere.
func (s *Server) trigger(user, view string) string {
	id := s.id("trigger.")
	s.triggers[id] = &trigger{user: user, view: view, made: s.now()}
	return id
}

// clickedMessage is the payload of an element used in a message.
func (s *Server) clickedMessage(u User, ch *channel, m *Message, state form, action fields) fields {
	p := s.interaction("block_actions", u)
	container := fields{"type": "message", "message_ts": m.TS, "channel_id": ch.ID, "is_ephemeral": m.For != ""}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	p["container"], p["channel"] = container, ch.named()
	p["trigger_id"], p["response_url"] = s.trigger(u.ID, ""), s.responseURL(ch.ID, u.ID, m.TS)
	p["state"], p["actions"] = fields{"values": state}, []fields{action}
	if m.For == "" { // Slack keeps nothing of what one person saw
		p["message"] = m.identified()
	}
	return p
}

// clickedView is the payload of an element used in a modal or home tab.
func (s *Server) clickedView(u User, v *View, action fields) fields {
	p := s.interaction("block_actions", u)
	p["container"] = fields{"type": "view", "view_id": v.ID}
	p["trigger_id"], p["view"] = s.trigger(u.ID, v.ID), v.render()
	p["actions"] = []fields{action}
	return p
}

func (ch *channel) named() fields {
	switch {
	case ch.User != "":
		return fields{"id": ch.ID, "name": "directmessage"}
	case ch.Private:
		return fields{"id": ch.ID, "name": "privategroup"}
	}
	return fields{"id": ch.ID, "name": ch.Name}
}

// identified is the message with the block_ids and action_ids that Slack gave
// where its app gave none.
func (m *Message) identified() fields {
	f := m.render(true)
	if blocks := m.shown(); blocks != nil {
		f["blocks"] = blocks
	}
	return f
}

// shown is the blocks of a message, parsed and identified.
func (m *Message) shown() []any {
	var blocks []any
	json.Unmarshal(m.Blocks, &blocks)
	identify(blocks, m.TS+"-"+stamp(m.Edited))
	return blocks
}

// acted is the action that an element did, with what stands in it now.
func acted(f field, value object, at string) fields {
	action := fields{"type": f.element["type"], "action_id": f.element["action_id"],
		"block_id": f.block["block_id"], "action_ts": at}
	for _, name := range []string{"text", "value", "style", "confirm", "placeholder"} {
		if v := f.element[name]; v != nil {
			action[name] = v
		}
	}
	for k, v := range value {
		action[k] = v
	}
	return action
}
