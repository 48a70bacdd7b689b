package store

import (
	"encoding/json"
	"time"
)

// lookBack says that Slack may hold messages the ledger knows nothing of, because the
// database was restored from a backup. Until it is over, every message is looked for
// before it is sent for the first time.
type lookBack struct {
	From  Instant `json:"from"`  // such messages were sent after this
	At    Instant `json:"at"`    // and before this, when the backup was restored
	Until Instant `json:"until"` // by then what was told before has been told again, or is past
}

const (
	lookFor    = 7 * 24 * time.Hour
	clockError = time.Hour // by which the clock that dated a backup may have been wrong
)

const lookBackSetting = "look_back"

// startLookBack marks the messages that a restored ledger takes for unsent, those
// given up among them: they may have been sent since, and to another place than before.
// Cards that were sent may show what was done since then, and are edited.
func (t *tx) startLookBack(look lookBack) error {
	text, err := json.Marshal(look)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", lookBackSetting, string(text))
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE deliveries SET ambiguous = 1, last_send_at = ?, lease_until = NULL, place = '',
		first_send_at = CASE WHEN coalesce(first_send_at, created_at) < ? THEN coalesce(first_send_at, created_at) ELSE ? END,
		state = CASE WHEN state IN ('pending', 'sending') THEN 'uncertain' ELSE state END
		WHERE state IN ('pending', 'sending', 'uncertain', 'blocked', 'dead')`, look.At, look.From, look.From)
	if err != nil {
		return err
	}
	return t.staleOpen("1 = 1")
}

// lookBackFirst marks the messages made since a restore: a sweep finds again what was
// told already after the backup was made.
func (t *tx) lookBackFirst(now Instant) error {
	var texts []string
	if err := t.all(&texts, "SELECT value FROM settings WHERE name = ?", lookBackSetting); err != nil || len(texts) == 0 {
		return err
	}
	var look lookBack
	if err := json.Unmarshal([]byte(texts[0]), &look); err != nil || now > look.Until {
		return err
	}
	// The list of states is that of the index.
	_, err := t.exec(`UPDATE deliveries SET ambiguous = 1, first_send_at = ?, last_send_at = ? WHERE next_at <= ? AND state = 'pending'
		AND state IN ('pending', 'sending', 'uncertain', 'blocked') AND ambiguous = 0 AND first_send_at IS NULL`, look.From, look.At, now)
	return err
}
