package ui

import (
	"crypto/rand"
	"crypto/subtle"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// codecLimit is the largest request to the codec, in bytes; Temporal's own limit for one history page is far below.
const codecLimit = 16 << 20

// guard lets only pages of this interface use the codec, since it turns stored payloads into plain text.
//
// A page gets a token in a cookie that scripts cannot read and other sites cannot make the browser send. The codec asks
// for it, and for a request of the same origin: cookies do not tell ports apart, origins do. Names other than loopback
// ones are refused everywhere, so that a foreign name pointed at this machine is not taken for this interface. Other
// programs of this machine's users can fetch a page and its cookie like a browser: the guard is against web pages.
type guard struct {
	token  string
	cookie string
}

// newProxy returns the handler browsers talk to: everything from target, and the codec below codecPath if there is one.
// The port makes the cookie's name, so that two interfaces on one machine do not overwrite each other's.
func newProxy(target *url.URL, codec http.Handler, port int) http.Handler {
	g := guard{token: rand.Text(), cookie: "perdura_codec_" + strconv.Itoa(port)}
	pages := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // the interface's own check against forged requests compares it with the origin
			g.hideCookie(r.Out)
		},
		ModifyResponse: func(response *http.Response) error {
			if codec != nil && strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
				response.Header.Add("Set-Cookie", g.grant().String())
				response.Header.Set("Cache-Control", "no-store") // a page from a cache would come without its token
			}
			return nil
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	if codec != nil {
		mux.Handle(codecPath+"/", g.protect(http.StripPrefix(codecPath, codec)))
	}
	return loopbackOnly(mux)
}

// grant is the cookie a page carries away.
func (g guard) grant() *http.Cookie {
	return &http.Cookie{Name: g.cookie, Value: g.token, Path: codecPath, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// hideCookie keeps the token from the interface's server, which has no use for it.
func (g guard) hideCookie(r *http.Request) {
	cookies := r.Cookies()
	r.Header.Del("Cookie")
	for _, cookie := range cookies {
		if cookie.Name != g.cookie {
			r.AddCookie(cookie)
		}
	}
}

// protect refuses codec requests that do not come from a page of this interface.
func (g guard) protect(codec http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "the codec answers POST only", http.StatusMethodNotAllowed)
		case !sameOrigin(r):
			http.Error(w, "the codec answers pages of this interface only", http.StatusForbidden)
		case !g.granted(r):
			http.Error(w, "the codec needs the cookie of a page of this interface; reload the page", http.StatusUnauthorized)
		default:
			w.Header().Set("Cache-Control", "no-store")
			r.Body = http.MaxBytesReader(w, r.Body, codecLimit)
			codec.ServeHTTP(w, r)
		}
	})
}

// granted compares in constant time. A browser may hold several cookies of the name, from other paths.
func (g guard) granted(r *http.Request) bool {
	for _, cookie := range r.CookiesNamed(g.cookie) {
		if subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(g.token)) == 1 {
			return true
		}
	}
	return false
}

// sameOrigin demands that the browser says so: by Sec-Fetch-Site, and by Origin where it sends one. A request with
// neither comes from no page.
func sameOrigin(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if site == "" && origin == "" {
		return false
	}
	if site != "" && site != "same-origin" {
		return false
	}
	return origin == "" || origin == "http://"+r.Host
}

// loopbackOnly refuses requests whose Host is not a name of this machine to itself.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			http.Error(w, "open this page as http://127.0.0.1 or http://localhost", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopback(hostport string) bool {
	host := hostport
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && address.IsLoopback()
}
