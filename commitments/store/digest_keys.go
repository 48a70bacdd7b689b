package store

import (
	"encoding/json"

	"kept/commitments"
)

// digestKeys are the keys of the promises that a stored digest lists. They are not stored
// with it: its numbers are for people.
func (t *tx) digestKeys(body string) (map[ID]string, error) {
	var d commitments.Digest
	if json.Unmarshal([]byte(body), &d) != nil {
		d = commitments.Digest{} // whoever reads the digest says that it cannot be read
	}
	var rows []struct {
		ID  ID     `db:"id"`
		Key string `db:"key"`
	}
	err := t.all(&rows, "SELECT c.id, c.key FROM commitments c WHERE c.id IN "+t.s.d.ids, idList(d.Promises()))
	keys := make(map[ID]string, len(rows))
	for _, r := range rows {
		keys[r.ID] = r.Key
	}
	return keys, err
}
