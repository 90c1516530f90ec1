package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// diskEvery is how often the disk is asked: often enough to meet a stall, too
// seldom to be one.
const diskEvery = 100 * time.Millisecond

// disk is how long the machine's disk takes to keep a page, asked beside a load.
// What a commit causes comes no sooner: a figure beside which the disk took longer
// than the limit says nothing about the server.
type disk struct {
	file  *os.File
	end   chan struct{}
	ended sync.WaitGroup

	mu    sync.Mutex
	took  []time.Duration
	fault error
}

// watchDisk begins to ask; dir is on the disk that the server writes to.
func watchDisk(dir string) (*disk, error) {
	file, err := os.CreateTemp(dir, "kefu-bench-disk-")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	d := &disk{file: file, end: make(chan struct{})}
	d.ended.Go(d.watch)
	return d, nil
}

func (d *disk) watch() {
	page := make([]byte, 4096)
	every := time.NewTicker(diskEvery)
	defer every.Stop()
	for {
		select {
		case <-d.end:
			return
		case <-every.C:
		}
		begin := time.Now()
		_, err := d.file.WriteAt(page, 0)
		if err == nil {
			err = d.file.Sync()
		}
		d.mu.Lock()
		d.took = append(d.took, time.Since(begin))
		if d.fault == nil {
			d.fault = err
		}
		d.mu.Unlock()
	}
}

// close ends it and tells the 99th percentile and the longest, in milliseconds.
func (d *disk) close() (p99, longest float64, err error) {
	close(d.end)
	d.ended.Wait()
	_ = d.file.Close()
	_ = os.Remove(filepath.Clean(d.file.Name()))
	d.mu.Lock()
	defer d.mu.Unlock()
	return quantileOf(d.took, 0.99), quantileOf(d.took, 1), d.fault
}
