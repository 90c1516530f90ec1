package replay

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// readColumn gives the rows of one named column of a CSV file with a header;
// rows without a word in it are left out, as nobody sends nothing.
func readColumn(path, column string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	defer file.Close()
	return parseColumn(file, column)
}

func parseColumn(from io.Reader, column string) ([]string, error) {
	reader := csv.NewReader(from)
	reader.FieldsPerRecord = -1
	header, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("replay: reading the header: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\uFEFF") // a byte order mark
	at := slices.Index(header, column)
	if at < 0 {
		return nil, fmt.Errorf("replay: there is no column %q among %q", column, header)
	}
	var lines []string
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("replay: %w", err)
		}
		if at < len(row) && strings.TrimSpace(row[at]) != "" {
			lines = append(lines, row[at])
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("replay: the column %q holds no words", column)
	}
	return lines, nil
}
