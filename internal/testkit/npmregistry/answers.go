package npmregistry

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Status answers with a status and headers: "Retry-After: 1".
func Status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range headers {
			k, v, _ := strings.Cut(h, ": ")
			w.Header().Set(k, v)
		}
		w.WriteHeader(code)
	}
}

// Body answers 200 with a content type and a text.
func Body(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte(text))
	}
}

// Cut announces all of text and closes the connection half-way.
func Cut(contentType, text string) http.HandlerFunc {
	return half(contentType, text, func(*http.Request) { panic(http.ErrAbortHandler) })
}

// Stall sends half of text and then nothing until the client gives up.
func Stall(contentType, text string) http.HandlerFunc {
	return half(contentType, text, func(req *http.Request) { <-req.Context().Done() })
}

// half announces all of text and sends half of it, before then.
func half(contentType, text string, then func(*http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		announce(w, contentType, text)
		_, _ = w.Write([]byte(text[:len(text)/2]))
		w.(http.Flusher).Flush()
		then(req)
	}
}

func announce(w http.ResponseWriter, contentType, text string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", fmt.Sprint(len(text)))
}

// Dribble sends text in pieces, each well before a client's timeout.
func Dribble(contentType, text string, pause time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		announce(w, contentType, text)
		for piece := max(len(text)/8, 1); text != ""; {
			n := min(piece, len(text))
			_, _ = w.Write([]byte(text[:n]))
			w.(http.Flusher).Flush()
			text = text[n:]
			time.Sleep(pause)
		}
	}
}

// Redirect sends the client to an address, or a path of the same host.
func Redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) { http.Redirect(w, req, to, http.StatusFound) }
}
