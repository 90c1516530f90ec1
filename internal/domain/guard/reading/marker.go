package reading

import (
	"slices"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/secret"
)

// markerEnd is the end of the marker at i and its class; i when there is none.
func markerEnd(v *fold.View, i int) (int, secret.Class) {
	j := i + 1
	for j < len(v.Char) && j-i <= 8 && v.Char[j] >= 'a' && v.Char[j] <= 'z' {
		j++
	}
	name := v.Cased(i+1, j)
	if !slices.Contains(secret.ClassNames(), name) {
		return i, ""
	}
	if (name == string(secret.PAN) || name == string(secret.ID)) && j+6 < len(v.Char) && v.Char[j] == ' ' {
		k := j + 1
		for k < len(v.Char) && v.Char[k] == '•' {
			k++
		}
		if k-j != 5 {
			return i, ""
		}
		for j = k; j < len(v.Char) && j-k < 4 && v.Solid(j); j++ {
			continue
		}
	}
	if j < len(v.Char) && v.Char[j] == secret.MarkerClose {
		return j + 1, secret.Class(name)
	}
	return i, ""
}
