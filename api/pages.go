package api

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/pages"
)

// pagePaths are the pages behind the links in messages. They stand outside of /v1: people call them, not programs.
var pagePaths = []links.Kind{links.Unsubscribe, links.Preferences, links.OptIn, links.Survey, links.Contract, links.Account, links.Appointment}

// routePages serves the pages, if the server can read links. Whatever goes wrong is answered with a page, too.
func (s *Server) routePages(e *echo.Echo) error {
	if s.links == nil {
		return nil
	}
	p, err := pages.New(pages.Options{Pool: s.pool, Clock: s.clock, Links: s.links, Poke: s.poke, Evidence: s.evidence, Sender: s.sender, Books: collecting.Billing{}})
	if err != nil {
		return err
	}
	for _, kind := range pagePaths {
		serve := s.recover(func(ec echo.Context) error {
			return p.Serve(kind, ec.Param("*"), ec.Response(), ec.Request())
		})
		e.Any("/"+string(kind)+"/*", func(ec echo.Context) error {
			ctx, cancel := context.WithTimeout(ec.Request().Context(), s.limits.Timeout)
			defer cancel()
			ec.SetRequest(ec.Request().WithContext(ctx))
			err := serve(ec)
			if err == nil || ec.Response().Committed {
				return err
			}
			status := http.StatusInternalServerError
			if s.problemOf(err, ec).Status == http.StatusServiceUnavailable {
				status = http.StatusServiceUnavailable
			}
			return p.Fail(ec.Response(), ec.Request(), status)
		})
	}
	return nil
}
