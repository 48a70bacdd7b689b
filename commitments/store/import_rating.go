package store

import "kept/commitments"

// ratedAt is when a rating was given of which a list does not say: with the delivery, or
// without one when it was due, but not after the import.
func (im *importer) ratedAt(delivered, due, made Instant) Instant {
	if delivered != 0 {
		return delivered
	}
	return max(made, min(due, im.at))
}

// deriveRatings adds the ratings of new promises, which their rows already say.
func (im *importer) deriveRatings(rated []ID) error {
	if len(rated) == 0 {
		return nil
	}
	_, err := im.t.exec(`INSERT INTO ratings (commitment_id, at, by_id, rating, recorded_at)
		SELECT id, coalesce(delivered_at, CASE WHEN due_at <= made_at THEN made_at WHEN due_at < ? THEN due_at WHEN made_at > ? THEN made_at ELSE ? END), made_by, rating, CAST(? AS BIGINT)
		FROM commitments WHERE id IN `+im.t.s.d.ids+" AND id BETWEEN ? AND ?", im.at, im.at, im.at, im.t.now, idList(rated), rated[0], rated[len(rated)-1])
	return err
}

// heard takes from a row the rating that we have heard already, if others have followed
// it since: a list that is read again says nothing new.
func (im *importer) heard(r *importRow, was *stored) error {
	if r.rating == 0 || r.rating == was.Rating || was.Rating == 0 {
		return nil
	}
	var known bool
	err := im.t.get(&known, "SELECT EXISTS (SELECT 1 FROM ratings WHERE commitment_id = ? AND rating = ?)", was.ID, r.rating)
	if known {
		r.rating = 0
	}
	return err
}

// rate records what the list says that the customer said.
func (a *amendment) rate() error {
	if !a.columns["rating"] {
		return nil
	}
	c, err := a.p.Rated(a.im.ratedAt(a.p.DeliveredAt, a.p.DueAt, a.p.MadeAt), commitments.Rating{By: a.im.by.ID, Rating: a.r.rating})
	if err != nil {
		return err
	}
	return a.save(c)
}
