package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"kept/commitments/calendar"
)

// importColumns are the columns of Kept's import.
var importColumns = []string{"id", "customer", "owner", "kind", "title", "promised_at", "made_at", "target_date", "promise_date", "delivered_at", "value", "rating", "internal_done_at"}

// bigTable is a file of n rows as people import them.
func bigTable(b *testing.B, n int, open func(io.Writer, []string) (*Writer, error)) []byte {
	b.Helper()
	var file bytes.Buffer
	w, err := open(&file, importColumns)
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		if err := w.Write(bigRow(i)); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return file.Bytes()
}

func bigRow(i int) []Cell {
	made := calendar.NewDate(2026, 1, 1) + calendar.Date(i%300)
	at := fmt.Sprintf("%sT%02d:12:38", made, i%24)
	return []Cell{
		Text(fmt.Sprintf("P-%08d", i)), Text(fmt.Sprintf("Customer %d, Łódź", i%5000)), Text(fmt.Sprintf("owner %d", i%50)),
		Text("delivery"), Text(fmt.Sprintf("Order %d of health and beauty x%d", i, i%7)), Text(at), Text(at),
		Date(made + 10), Date(made + 20), Text(at), Number(float64(i%10_000) / 100), Number(float64(1 + i%5)), Text(at),
	}
}

const benchRows = 100_000

func rate(b *testing.B) {
	b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkRead sets Next, and Next with a Get of every column, beside the raw
// limit: encoding/csv, which gives every string of the file and checks none.
func BenchmarkRead(b *testing.B) {
	file := bigTable(b, benchRows, guardedCSV)
	b.Run("encoding-csv", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			in := csv.NewReader(bufio.NewReaderSize(bytes.NewReader(file), readAhead))
			in.ReuseRecord = true
			for {
				if _, err := in.Read(); err != nil {
					break
				}
			}
		}
		rate(b)
	})
	b.Run("next", func(b *testing.B) { benchRead(b, file, nil) })
	b.Run("next-and-get", func(b *testing.B) { benchRead(b, file, importColumns) })
	b.Run("next-and-get-crlf", func(b *testing.B) {
		benchRead(b, bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")), importColumns)
	})
}

func benchRead(b *testing.B, file []byte, get []string) {
	b.ReportAllocs()
	for range b.N {
		r, err := NewReader(bytes.NewReader(file), Options{Columns: importColumns})
		if err != nil {
			b.Fatal(err)
		}
		drain(b, r, get)
	}
	rate(b)
}

func drain(b *testing.B, r *Reader, get []string) {
	rows, length := 0, 0
	for {
		row, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
		rows++
		for _, c := range get {
			length += len(row.Get(c))
		}
	}
	if rows != benchRows || get != nil && length == 0 {
		b.Fatalf("%d rows of %d letters", rows, length)
	}
}

func BenchmarkReadXLSX(b *testing.B) {
	path := filepath.Join(b.TempDir(), "big.xlsx")
	if err := os.WriteFile(path, bigTable(b, benchRows, newXLSX), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		r, err := Open(path, Options{Columns: importColumns})
		if err != nil {
			b.Fatal(err)
		}
		drain(b, r, importColumns)
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	rate(b)
}

func BenchmarkWrite(b *testing.B) {
	rows := make([][]Cell, benchRows)
	for i := range rows {
		rows[i] = bigRow(i)
	}
	for name, open := range map[string]func(io.Writer, []string) (*Writer, error){"csv": guardedCSV, "xlsx": newXLSX} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				w, err := open(io.Discard, importColumns)
				if err != nil {
					b.Fatal(err)
				}
				for _, row := range rows {
					if err := w.Write(row); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
			rate(b)
		})
	}
}

// BenchmarkMemory reads a million rows from a stream that no one holds whole,
// and reports the most heap that was in use.
func BenchmarkMemory(b *testing.B) {
	block := bigTable(b, 1000, guardedCSV)
	head, rows, _ := bytes.Cut(block, []byte("\n"))
	for range b.N {
		in := io.MultiReader(bytes.NewReader(head), bytes.NewReader([]byte("\n")),
			io.LimitReader(&endless{text: string(rows)}, int64(1000*len(rows))))
		r, err := NewReader(in, Options{Columns: importColumns})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(peakHeap(b, r), "peak-heap-MiB")
	}
}

func peakHeap(b *testing.B, r *Reader) float64 {
	var peak uint64
	var m runtime.MemStats
	for n := 0; ; n++ {
		if _, err := r.Next(); err != nil {
			if err != io.EOF || n != 1_000_000 {
				b.Fatalf("after %d rows: %v", n, err)
			}
			return float64(peak) / (1 << 20)
		}
		if n%10_000 == 0 {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
	}
}
