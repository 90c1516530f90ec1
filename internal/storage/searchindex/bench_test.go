package searchindex_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"kefu/internal/domain/search"
	"kefu/internal/storage/searchindex"
)

// The synthetic log of the benchmarks: words of a Zipf vocabulary, as in real
// text, and planted classes of known frequency.
const (
	wordsPerMessage = 12
	vocabulary      = 300_000
)

const (
	rareWord     search.Token = 1<<39 + iota // once in 20,000 messages
	chineseWord                              // once in 500
	frequentWord                             // in one of 5
	oldCampaign                              // in half of the first fifth, never after
)

// message makes the document at pos.
func message(random *rand.Rand, zipf *rand.Zipf, pos, total int64) searchindex.Doc {
	tokens := make([]search.Token, 0, wordsPerMessage+2)
	for range wordsPerMessage {
		tokens = append(tokens, vocabularyWord(zipf.Uint64()))
	}
	for token, every := range map[search.Token]int{rareWord: 20_000, chineseWord: 500, frequentWord: 5} {
		if random.IntN(every) == 0 {
			tokens = append(tokens, token)
		}
	}
	if pos < total/5 && random.IntN(2) == 0 {
		tokens = append(tokens, oldCampaign)
	}
	slices.Sort(tokens)
	return searchindex.Doc{Pos: pos, Tokens: slices.Compact(tokens)}
}

// vocabularyWord spreads the ranks of words over the tokens, as the Blinder does.
func vocabularyWord(rank uint64) search.Token {
	var key [8]byte
	binary.LittleEndian.PutUint64(key[:], rank)
	hash := uint64(14695981039346656037)
	for _, c := range key {
		hash = (hash ^ uint64(c)) * 1099511628211
	}
	return search.Token(hash >> (64 - search.TokenBits) &^ (1 << 39))
}

// benchSetting reads a number from the environment; without a default the
// benchmark is skipped when it is missing.
func benchSetting(b *testing.B, name string, otherwise int64) int64 {
	n, err := strconv.ParseInt(os.Getenv(name), 10, 64)
	if err != nil {
		if otherwise == 0 {
			b.Skip(name + " is not set")
		}
		return otherwise
	}
	return n
}

// processCPU is the time this process has spent on its processors; what
// PostgreSQL spends is not in it.
func processCPU(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkIndex fills an index with KEFU_BENCH_MESSAGES messages in batches of
// KEFU_BENCH_BATCH, measures each class of search with one to three words, and
// merges. Run it with -benchtime 1x.
func BenchmarkIndex(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchIndex(b, sqliteOptions(b)) })
	b.Run("postgres", func(b *testing.B) { benchIndex(b, postgresOptions(b)) })
}

func benchIndex(b *testing.B, options searchindex.Options) {
	total := benchSetting(b, "KEFU_BENCH_MESSAGES", 0)
	index := open(b, options)
	b.Run("add", func(b *testing.B) {
		for range b.N {
			fill(b, index, total)
		}
	})
	classes := map[string][]search.Token{
		"rare": {rareWord}, "absent": {rareWord + 100}, "chinese": {chineseWord}, "frequent": {frequentWord},
		"oldcampaign": {oldCampaign}, "one_in_40": {vocabularyWord(50)},
		"three":          {frequentWord, vocabularyWord(0), vocabularyWord(1)},
		"three_with_few": {frequentWord, vocabularyWord(3), vocabularyWord(2000)},
		"three_none":     {frequentWord, vocabularyWord(0), rareWord + 100},
	}
	defer b.Run("while_adding", func(b *testing.B) {
		for range b.N {
			measureWhileAdding(b, index, classes, total)
		}
	})
	defer b.Run("optimize", func(b *testing.B) {
		for range b.N {
			if err := index.Optimize(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, name := range []string{"rare", "absent", "chinese", "frequent", "oldcampaign", "one_in_40", "three", "three_with_few", "three_none"} {
		for page, before := range map[string]int64{"first": searchindex.Newer, "middle": total / 2} {
			b.Run(name+"/"+page, func(b *testing.B) {
				for range b.N {
					measure(b, index, classes[name], before)
				}
			})
		}
	}
}

func fill(b *testing.B, index *searchindex.Index, total int64) {
	batch := benchSetting(b, "KEFU_BENCH_BATCH", 1000)
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.07, 5, vocabulary)
	var spent, worst time.Duration
	for from := int64(1); from <= total; from += batch {
		docs := make([]searchindex.Doc, 0, batch)
		for pos := from; pos < from+batch; pos++ {
			docs = append(docs, message(random, zipf, pos, total))
		}
		cpu, begun := processCPU(b), time.Now()
		add(b, index, from+batch-1, docs...)
		spent, worst = spent+processCPU(b)-cpu, max(worst, time.Since(begun))
	}
	b.ReportMetric(float64(spent.Microseconds())/float64(total), "cpu-us/message")
	b.ReportMetric(float64(worst.Milliseconds()), "worst-batch-ms")
}

// measureWhileAdding measures the classes that cost most while the index grows
// by a batch after the other.
func measureWhileAdding(b *testing.B, index *searchindex.Index, classes map[string][]search.Token, total int64) {
	stop, stopped := make(chan struct{}), make(chan int64)
	go func() {
		random := rand.New(rand.NewPCG(3, 4))
		zipf := rand.NewZipf(random, 1.07, 5, vocabulary)
		pos := total
		for {
			select {
			case <-stop:
				stopped <- pos - total
				return
			default:
			}
			docs := make([]searchindex.Doc, 1000)
			for i := range docs {
				pos++
				docs[i] = message(random, zipf, pos, total)
			}
			if err := index.Add(context.Background(), docs, pos); err != nil {
				b.Error(err)
			}
		}
	}()
	for _, name := range []string{"rare", "frequent", "three"} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				measure(b, index, classes[name], searchindex.Newer)
			}
		})
	}
	close(stop)
	b.ReportMetric(float64(<-stopped), "added")
}

// measure searches 500 times for a page of 50 and reports the percentiles.
func measure(b *testing.B, index *searchindex.Index, tokens []search.Token, before int64) {
	const rounds = 500
	took := make([]time.Duration, rounds)
	hits := 0
	for i := range took {
		begun := time.Now()
		hits = len(newest(b, index, before, 50, tokens...))
		took[i] = time.Since(begun)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[rounds/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[rounds*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(hits), "hits")
	b.ReportMetric(0, "ns/op")
}
