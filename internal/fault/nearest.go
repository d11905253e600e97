package fault

// Nearest is the candidate that was probably meant by word, "" when none is
// near: at most two slips, and at most one in three letters. Of equally near ones
// it is the first. A wrong guess is worse than none, because people follow it.
func Nearest(word string, candidates []string) string {
	best, least := "", min(2, len(word)/3)+1
	for _, c := range candidates {
		if len(c)-len(word) >= least || len(word)-len(c) >= least {
			continue
		}
		if d := slips(word, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// slips is the Damerau-Levenshtein distance (optimal string alignment): letters
// that are missing, too many, wrong, or swapped with their neighbour.
func slips(a, b string) int {
	before, last, row := []int(nil), []int(nil), make([]int, len(b)+1)
	for k := range row {
		row[k] = k
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i
		for k := 1; k <= len(b); k++ {
			wrong := 1
			if a[i-1] == b[k-1] {
				wrong = 0
			}
			row[k] = min(last[k]+1, row[k-1]+1, last[k-1]+wrong)
			if i > 1 && k > 1 && a[i-1] == b[k-2] && a[i-2] == b[k-1] {
				row[k] = min(row[k], before[k-2]+1)
			}
		}
	}
	return row[len(b)]
}
