package store

import (
	"slices"
	"strings"
)

// copyBatch is how many rows are held in memory while tables are copied.
const copyBatch = 1000

// copyTables copies every row of one database into another of the same schema. One of
// the two is a SQLite file, which names the tables and columns.
func copyTables(from, to *tx, w *bulkWriter) error {
	file := from
	if to.s.d == sqlite {
		file = to
	}
	tables, err := file.tables()
	if err != nil {
		return err
	}
	for _, name := range tables {
		var columns []string
		if err := file.all(&columns, "SELECT name FROM pragma_table_info(?) ORDER BY cid", name); err != nil {
			return err
		}
		if err := copyTable(from, w, name, columns); err != nil {
			return err
		}
		if err := to.numberOn(name, columns); err != nil {
			return err
		}
	}
	return nil
}

func copyTable(from *tx, w *bulkWriter, table string, columns []string) error {
	rows, err := from.QueryxContext(from.ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+table+" ORDER BY 1")
	if err != nil {
		return err
	}
	defer rows.Close()
	batch := make([][]any, 0, copyBatch)
	for rows.Next() {
		row, err := rows.SliceScan()
		if err != nil {
			return err
		}
		if batch = append(batch, row); len(batch) == copyBatch {
			if err := w.insert(table, columns, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return w.insert(table, columns, batch)
}

// numberOn lets PostgreSQL number new rows after those that were copied; SQLite does
// so by itself.
func (t *tx) numberOn(table string, columns []string) error {
	if t.s.d == sqlite || !slices.Contains(columns, "id") {
		return nil
	}
	var ignored any
	return t.get(&ignored, "SELECT setval(pg_get_serial_sequence('"+table+"', 'id'), coalesce(max(id), 1), max(id) IS NOT NULL) FROM "+table)
}

// tables are the tables of a SQLite file, each after those it refers to.
func (t *tx) tables() (names []string, err error) {
	err = t.all(&names, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN (?, ?) ORDER BY rowid",
		versionTable, manifestTable)
	return names, err
}
