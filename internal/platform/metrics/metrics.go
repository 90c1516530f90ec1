// Package metrics counts what operators watch, in a registry of its own, for
// Prometheus to collect. Each figure has a method, so that its name, unit and
// labels stand in one place; labels take a bounded number of values and never
// an identifier, a name or anything a person wrote.
package metrics

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kefu/internal/platform/fault"
)

// Most values of one label. What comes after them is counted as Other: a label
// that somebody outside can make up must not fill the memory of Prometheus.
const (
	MaxRoutes  = 400
	MaxClasses = 30
)

// Other stands for every value beyond a label's bound.
const Other = "other"

// Metrics are Kefu's figures. All methods are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	messages       *prometheus.CounterVec
	batchSize      prometheus.Histogram
	commit         prometheus.Histogram
	commitFailures *prometheus.CounterVec
	entries        prometheus.Counter
	sockets        *prometheus.GaugeVec
	slowReaders    *prometheus.CounterVec
	findings       *prometheus.CounterVec
	stopped        *prometheus.CounterVec
	limited        *prometheus.CounterVec
	indexLag       prometheus.Gauge
	unsent         prometheus.Gauge
	followerLag    *prometheus.GaugeVec
	followerReads  *prometheus.GaugeVec
	jobs           *prometheus.GaugeVec
	acts           *prometheus.GaugeVec
	doubts         *prometheus.GaugeVec
	doubted        *prometheus.CounterVec
	cases          *prometheus.GaugeVec
	caseRings      *prometheus.CounterVec
	staffFindings  *prometheus.CounterVec
	emergencies    prometheus.Gauge
	opened         prometheus.Counter
	requests       *prometheus.CounterVec
	requestTimes   *prometheus.HistogramVec

	routes  *bounded
	classes *bounded
}

// New makes a registry with all figures at zero, and those of the Go runtime
// and the process.
func New() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), routes: newBounded(MaxRoutes), classes: newBounded(MaxClasses)}
	m.messages = counter("messages_stored_total", "Messages made durable, without notes and other entries, by kind of author.", "author")
	m.batchSize = histogram("commit_batch_size", "Requests in one transaction of the group committer.",
		prometheus.ExponentialBuckets(1, 2, 12))
	m.commit = histogram("commit_seconds", "Time of one transaction of the group committer.",
		prometheus.ExponentialBuckets(0.0001, 2, 16))
	m.commitFailures = counter("commit_failures_total", "Transactions of the group committer that failed, by fault code.", "code")
	m.entries = prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "entries_stored_total",
		Help: "Entries of conversations made durable, of every kind."})
	m.sockets = gaugeVec("sockets_open", "Connections held open, by kind.", "kind")
	m.slowReaders = counter("slow_readers_dropped_total", "Connections whose buffer overflowed and that were told to read again, by kind.", "kind")
	m.findings = counter("guard_findings_total", "Secrets that the guard removed, by class.", "class")
	m.stopped = counter("outbound_stopped_total", "Texts for customers that asked for what is never asked for, by class.", "class")
	m.limited = counter("rate_limited_total", "Attempts answered with try later, by limit.", "limit")
	m.unsent = gauge("unsent_attachment_bytes", "Files that were uploaded and that no message has sent yet.")
	m.indexLag = gauge("index_lag_seconds", "Age of the oldest message that waits for the search index beyond the guard's window.")
	m.followerLag = gaugeVec("follower_lag_seconds", "Age of the oldest entry that waits for a follower of the log, by follower.", "follower")
	m.followerReads = gaugeVec("follower_catching_up", "1 while a follower reads the log to catch up, by follower.", "follower")
	m.jobs = gaugeVec("jobs", "Jobs that commits left behind: waiting to be done, or failed for good and set aside.", "state")
	m.acts = gaugeVec("acts_underway", "Things that may be happening in the wallet: its answer is awaited, or, of those, has been missing for a day, or they cannot be read.", "state")
	m.doubts = gaugeVec("failure_code_doubts", "Codes of failed payments of which it is not certain what they stand for: unknown, or told otherwise by the wallet.", "kind")
	m.doubted = counter("failure_code_doubted_total", "Failed payments that came with such a code, by kind.", "kind")
	m.cases = gaugeVec("cases_open", "Disputes and complaints that go on, and those of them with a broken deadline.", "state")
	m.caseRings = counter("case_rings_total", "Deadlines of cases of which somebody had to be told.", "step")
	m.staffFindings = counter("staff_findings_total", "Findings about how members of staff look at customers, by rank: 1 is to be looked at now.", "rank")
	m.emergencies = gauge("emergency_access_open", "Members of staff who have more rights than their role now.")
	m.opened = prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "emergency_access_total", Help: "Times that somebody was given more rights than their role."})
	m.requests = counter("http_requests_total", "HTTP requests answered, by route and status.", "route", "status")
	m.requestTimes = histogramVec("http_request_seconds", "Time to answer an HTTP request, by route.",
		prometheus.ExponentialBuckets(0.0005, 2, 15), "route")
	m.registry.MustRegister(
		m.messages, m.entries, m.batchSize, m.commit, m.commitFailures, m.sockets, m.slowReaders, m.findings, m.stopped, m.limited,
		m.indexLag, m.unsent, m.followerLag, m.followerReads, m.jobs, m.acts, m.doubts, m.doubted, m.cases, m.caseRings, m.staffFindings, m.emergencies, m.opened, m.requests, m.requestTimes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// Handler serves the figures in the Prometheus exposition format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry, MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// MessagesStored counts n messages made durable by this process; author is a
// kind such as "customer", "agent" or "assistant".
func (m *Metrics) MessagesStored(author string, n int) {
	m.messages.WithLabelValues(m.classes.value(author)).Add(float64(n))
}

// Committed counts one transaction of the group committer: the requests that it
// carried, the log entries that it made durable, and its time.
func (m *Metrics) Committed(requests, entries int, took time.Duration) {
	m.batchSize.Observe(float64(requests))
	m.entries.Add(float64(entries))
	m.commit.Observe(took.Seconds())
}

// CommitFailed counts a transaction that failed, by fault code.
func (m *Metrics) CommitFailed(err error) {
	m.commitFailures.WithLabelValues(m.classes.value(string(fault.CodeOf(err)))).Inc()
}

// SocketOpened counts a connection of a kind, "window" or "desk", whatever it is
// carried by, and returns what to call, once, when it closes.
func (m *Metrics) SocketOpened(kind string) (closed func()) {
	g := m.sockets.WithLabelValues(m.classes.value(kind))
	g.Inc()
	return sync.OnceFunc(g.Dec)
}

// SlowReaderDropped counts a connection that did not read fast enough.
func (m *Metrics) SlowReaderDropped(kind string) {
	m.slowReaders.WithLabelValues(m.classes.value(kind)).Inc()
}

// GuardFound counts a secret of a class that the guard removed.
func (m *Metrics) GuardFound(class string) {
	m.findings.WithLabelValues(m.classes.value(class)).Inc()
}

// Stopped counts a text for a customer that asked for what is never asked for.
func (m *Metrics) Stopped(class string) {
	m.stopped.WithLabelValues(m.classes.value(class)).Inc()
}

// Limited counts an attempt that a named rate limit refused.
func (m *Metrics) Limited(limit string) {
	m.limited.WithLabelValues(m.classes.value(limit)).Inc()
}

// IndexLag sets how far the search index is behind what it may already show.
func (m *Metrics) IndexLag(behind time.Duration) { m.indexLag.Set(max(behind, 0).Seconds()) }

// Unsent sets how many bytes of files wait for the messages they are sent with.
func (m *Metrics) Unsent(bytes int64) { m.unsent.Set(float64(bytes)) }

// Follower sets how far a follower of the log is behind, and whether it catches
// up from the log.
func (m *Metrics) Follower(name string, waits time.Duration, reading bool) {
	catching := 0.0
	if reading {
		catching = 1
	}
	m.followerLag.WithLabelValues(name).Set(waits.Seconds())
	m.followerReads.WithLabelValues(name).Set(catching)
}

// Jobs sets how many jobs wait to be done, how many of those failed many times,
// and how many failed for good.
func (m *Metrics) Jobs(waiting, stuck, setAside int) {
	m.jobs.WithLabelValues("stuck").Set(float64(stuck))
	m.jobs.WithLabelValues("waiting").Set(float64(waiting))
	m.jobs.WithLabelValues("set_aside").Set(float64(setAside))
}

// Acts sets how many things may be happening in the wallet, and of how many of them
// nobody has known for a day what became.
func (m *Metrics) Acts(underway, alarmed, lost int) {
	m.acts.WithLabelValues("underway").Set(float64(underway))
	m.acts.WithLabelValues("unknown_for_a_day").Set(float64(alarmed))
	m.acts.WithLabelValues("unreadable").Set(float64(lost))
}

// FailureDoubts sets how many codes of failed payments are not certain, by kind.
func (m *Metrics) FailureDoubts(open map[string]int) {
	for kind, n := range open {
		m.doubts.WithLabelValues(m.classes.value(kind)).Set(float64(n))
	}
}

// FailureDoubted counts failed payments that came with such a code.
func (m *Metrics) FailureDoubted(kind string, times int64) {
	m.doubted.WithLabelValues(m.classes.value(kind)).Add(float64(times))
}

// Cases sets how many cases go on, and of how many of them a deadline is broken.
func (m *Metrics) Cases(open, late int) {
	m.cases.WithLabelValues("open").Set(float64(open))
	m.cases.WithLabelValues("late").Set(float64(late))
}

// CaseRang counts a deadline of which somebody had to be told, by how far it was.
func (m *Metrics) CaseRang(step string) { m.caseRings.WithLabelValues(step).Inc() }

// StaffFinding counts a finding by its rank, 1 to 3.
func (m *Metrics) StaffFinding(rank int) {
	m.staffFindings.WithLabelValues(strconv.Itoa(min(max(rank, 1), 3))).Inc()
}

// Emergencies tells how many members of staff have more rights than their role, and how many
// times somebody was given them since it was told last.
func (m *Metrics) Emergencies(open, news int) {
	m.emergencies.Set(float64(open))
	m.opened.Add(float64(news))
}

// Answered counts an HTTP request. The route is the pattern that matched, never
// the path.
func (m *Metrics) Answered(route string, status int, took time.Duration) {
	route = m.routes.value(route)
	m.requests.WithLabelValues(route, statusLabel(status)).Inc()
	m.requestTimes.WithLabelValues(route).Observe(took.Seconds())
}

// statusLabel is the status code where it is one (RFC 9110, section 15).
func statusLabel(status int) string {
	if status < 100 || status > 599 {
		return Other
	}
	return strconv.Itoa(status)
}

// bounded admits the first values of a label and calls the rest Other.
type bounded struct {
	most int
	mu   sync.RWMutex
	seen map[string]bool
}

func newBounded(most int) *bounded { return &bounded{most: most, seen: map[string]bool{}} }

func (b *bounded) value(v string) string {
	b.mu.RLock()
	known, full := b.seen[v], len(b.seen) >= b.most
	b.mu.RUnlock()
	if known {
		return v
	}
	if full || v == "" || len(v) > 128 {
		return Other
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.seen[v] && len(b.seen) >= b.most {
		return Other
	}
	b.seen[v] = true
	return v
}

const namespace = "kefu"

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
}

func gaugeVec(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets})
}

func histogramVec(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
}
