package sheet

import "fmt"

// didYouMean is a hint at the nearest of the names, or "" if none is near.
func didYouMean(name string, names []string) string {
	best, least := "", 0
	for _, n := range names {
		if d := distance(fold(name), fold(n)); n != "" && (best == "" || d < least) {
			best, least = n, d
		}
	}
	if best == "" || least > max(1, (len(fold(name))+1)/3) {
		return ""
	}
	return fmt.Sprintf(` (did you mean "%s"?)`, printable(best))
}

// longestCompared bounds the work on hostile headers.
const longestCompared = 64

// distance is the Levenshtein distance: how many letters must be put in, left
// out or changed to make one name of the other.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	if max(len(from), len(to)) > longestCompared {
		return longestCompared
	}
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range to {
			change := diagonal
			if x != y {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
