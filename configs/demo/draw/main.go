package main

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// job is one file to make.
type job struct {
	Name  string  `json:"name"` // below assets
	W     float64 `json:"w"`
	H     float64 `json:"h"`
	Scale float64 `json:"scale"`
	Loss  bool    `json:"loss"` // may be encoded with a little loss
	svg   string
}

func main() {
	only := flag.String("only", "", "make this design alone")
	out := flag.String("out", "assets", "directory to write to")
	fonts := flag.String("fonts", "../../cmd/placard/paper/static/fonts", "directory of the paper's fonts")
	browser := flag.String("browser", "chromium", "browser that renders")
	flag.Parse()
	if err := run(*only, *out, *fonts, *browser); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

func run(only, out, fonts, browser string) error {
	faces, err := readFonts(fonts)
	if err != nil {
		return err
	}
	var jobs []job
	for _, d := range designs() {
		if only != "" && d.name != only {
			continue
		}
		if err := os.MkdirAll(filepath.Join(out, d.name), 0o755); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
		for _, size := range d.sizes {
			w, h := size[0], size[1]
			if d.document != nil {
				name := fmt.Sprintf("%s/%gx%g.html", d.name, w, h)
				if err := os.WriteFile(filepath.Join(out, name), []byte(d.document(w, h, faces)), 0o644); err != nil {
					return fmt.Errorf("write document: %w", err)
				}
				continue
			}
			for _, dark := range []bool{false, true} {
				c := &canvas{w: w, h: h, dark: dark}
				d.draw(c)
				svg := c.svg(faces.styleFor(c.body.String()))
				suffix := ""
				if dark {
					suffix = "-dark"
				}
				base := fmt.Sprintf("%s/%gx%g%s", d.name, w, h, suffix)
				jobs = append(jobs, job{base + ".webp", w, h, 1, d.single, svg})
				if !d.single {
					jobs = append(jobs, job{base + "@2x.webp", w, h, 2, true, svg})
				}
			}
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	return render(jobs, out, browser)
}

// page draws each SVG on a canvas and sends back what the browser encodes. At quality 1 WebP is without loss.
const page = `<!doctype html><meta charset="utf-8"><script>
(async () => {
  for (const [i, j] of (await (await fetch("/jobs")).json()).entries()) {
    try {
      const img = new Image();
      img.src = "/svg/" + i + ".svg";
      await img.decode();
      const c = document.createElement("canvas");
      c.width = j.w * j.scale; c.height = j.h * j.scale;
      c.getContext("2d").drawImage(img, 0, 0, c.width, c.height);
      const encode = (q) => new Promise((done) => c.toBlob(done, "image/webp", q));
      let b = await encode(1);
      if (j.loss) {
        // Where a pixel is small a little loss is not seen; it is taken where it saves.
        const lossy = await encode(0.88);
        if (lossy.size < b.size) b = lossy;
      }
      await fetch("/put/" + i, {method: "POST", body: b});
    } catch (e) { await fetch("/fail/" + i, {method: "POST", body: String(e)}); }
  }
  await fetch("/done", {method: "POST"});
})();
</script>`

func render(jobs []job, out, browser string) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	var mu sync.Mutex
	var bad []error
	bytes := 0
	done := make(chan struct{})
	fail := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		bad = append(bad, err)
	}
	index := func(r *http.Request) int {
		name := strings.TrimSuffix(filepath.Base(r.URL.Path), ".svg")
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(jobs) {
			return i
		}
		return 0
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, page) // the browser is ours
	})
	mux.HandleFunc("GET /jobs", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jobs) // likewise
	})
	mux.HandleFunc("GET /svg/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = io.WriteString(w, jobs[index(r)].svg) // likewise
	})
	mux.HandleFunc("POST /put/", func(_ http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		j := jobs[index(r)]
		if err == nil {
			if b, err = bare(b, j.Loss); err != nil {
				err = fmt.Errorf("%s: %w", j.Name, err)
			}
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(out, j.Name), b, 0o644)
		}
		if err != nil {
			fail(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		bytes += len(b)
	})
	mux.HandleFunc("POST /fail/", func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		fail(fmt.Errorf("%s: %s", jobs[index(r)].Name, b))
	})
	mux.HandleFunc("POST /done", func(http.ResponseWriter, *http.Request) { close(done) })
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(ln) }() // ends with Close
	defer func() { _ = srv.Close() }()

	profile, err := os.MkdirTemp("", "draw")
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	defer os.RemoveAll(profile)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
		"--user-data-dir="+profile, "--remote-debugging-port=0", "http://"+ln.Addr().String()+"/")
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the browser: %w", err)
	}
	var end error
	ended := make(chan struct{})
	go func() {
		end = cmd.Wait()
		close(ended)
	}()
	select {
	case <-done:
		cancel()
		<-ended // by the signal
	case <-ended:
		return fmt.Errorf("the browser ended before the pictures were done: %w", end)
	}
	fmt.Printf("%d pictures, %d KB\n", len(jobs)-len(bad), bytes/1024)
	return errors.Join(bad...)
}

// bare keeps of a WebP its picture alone, which must be without loss unless lossy is set: the colour profile that browsers add is sRGB, which is what
// everybody takes it for without one.
func bare(b []byte, lossy bool) ([]byte, error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WEBP" {
		return nil, errors.New("the browser has not made a WebP")
	}
	var kinds []string
	for at := 12; at+8 <= len(b); {
		kind, size := string(b[at:at+4]), int(binary.LittleEndian.Uint32(b[at+4:]))
		end := at + 8 + size + size&1
		if end > len(b) {
			break
		}
		if kind == "VP8L" || kind == "VP8 " && lossy {
			out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+end-at))
			return append(append(out, "WEBP"...), b[at:end]...), nil
		}
		kinds = append(kinds, kind)
		at = end
	}
	return nil, fmt.Errorf("it holds %q and no picture as asked for", kinds)
}

// fontFaces are the paper's fonts as CSS that needs no other file: pictures must not fetch anything.
type fontFaces []struct{ family, style, weights, css string }

func readFonts(dir string) (fontFaces, error) {
	var out fontFaces
	for _, f := range []struct{ family, style, weights, file string }{
		{"Newsreader", "normal", "200 800", "newsreader-latin-opsz-normal.woff2"},
		{"Newsreader", "italic", "200 800", "newsreader-latin-opsz-italic.woff2"},
		{"Libre Franklin", "normal", "100 900", "libre-franklin-latin-wght-normal.woff2"},
		{"Noto Nastaliq Urdu", "normal", "400 700", "noto-nastaliq-urdu-arabic-wght-normal.woff2"},
		{"Noto Naskh Arabic", "normal", "400 700", "noto-naskh-arabic-arabic-wght-normal.woff2"},
	} {
		b, err := os.ReadFile(filepath.Join(dir, f.file))
		if err != nil {
			return nil, fmt.Errorf("read font: %w", err)
		}
		css := fmt.Sprintf(`@font-face{font-family:"%s";font-style:%s;font-weight:%s;src:url(data:font/woff2;base64,%s)}`, f.family, f.style, f.weights, base64.StdEncoding.EncodeToString(b))
		out = append(out, struct{ family, style, weights, css string }{f.family, f.style, f.weights, css})
	}
	return out, nil
}

// styleFor holds the fonts that a drawing uses.
func (fs fontFaces) styleFor(body string) string {
	var b strings.Builder
	for _, f := range fs {
		used := false
		for _, t := range strings.Split(body, "<text")[1:] {
			t, _, _ = strings.Cut(t, ">")
			used = used || strings.Contains(t, `font-family="`+f.family+`"`) && strings.Contains(t, `font-style="`+f.style+`"`)
		}
		if used {
			b.WriteString(f.css)
		}
	}
	return "<style>" + b.String() + "</style>"
}
