package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
)

const (
	n8nWorkflowID   = "rivalsLeadIntake"
	n8nCredentialID = "rivalsPostgres01"
	n8nPath         = "leads"
)

// object is a JSON object.
type object map[string]any

// n8nCredentials is the database as n8n's import wants it; it is encrypted on the way in.
func n8nCredentials(at *pgx.ConnConfig) []object {
	return []object{{
		"id": n8nCredentialID, "name": "Leads", "type": "postgres",
		"data": object{
			"host": at.Host, "port": at.Port, "database": at.Database, "user": at.User, "password": at.Password,
			"maxConnections": connections, "ssl": "disable",
		},
	}}
}

// n8nWorkflow is the job: a webhook that answers at once, four statements, the notification, an hour's wait.
func n8nWorkflow(notify string) object {
	const body = `$('Lead').first().json.body`
	nodes := []object{
		node(0, "Lead", "webhook", 2, object{
			"httpMethod": "POST", "path": n8nPath, "responseMode": "onReceived", "options": object{"responseCode": object{"values": object{"responseCode": 202}}},
		}),
		statement(1, "Insert", insertLead, `[`+body+`.id, `+body+`.email, `+body+`.name, `+body+`.company, `+body+`.country, `+body+`.message]`),
		statement(2, "Duplicates", findDuplicates, `[`+body+`.id, `+body+`.email]`),
		statement(3, "Assign", assignLead, `[`+body+`.id, 50 - 10 * Math.min(Number($json.duplicates), 5), '`+owner+`']`),
		statement(4, "Note", insertNotice, `[`+body+`.id, '`+owner+`']`),
		node(5, "Notify", "httpRequest", 4.2, object{
			"method": "POST", "url": notify, "sendBody": true, "specifyBody": "json",
			"jsonBody": `={{ JSON.stringify({ id: ` + body + `.id }) }}`, "options": object{},
		}),
		node(6, "Rest", "wait", 1.1, object{"resume": "timeInterval", "amount": 1, "unit": "hours"}),
	}
	connections := object{}
	for i, n := range nodes[:len(nodes)-1] {
		next := []object{{"node": nodes[i+1]["name"], "type": "main", "index": 0}}
		connections[n["name"].(string)] = object{"main": [][]object{next}}
	}
	return object{
		"id": n8nWorkflowID, "name": "Lead intake", "nodes": nodes, "connections": connections,
		"active": false, "settings": object{"executionOrder": "v1"},
	}
}

func node(place int, name, kind string, version float64, parameters object) object {
	return object{
		"id": fmt.Sprintf("00000000-0000-4000-8000-%012d", place), "webhookId": fmt.Sprintf("00000000-0000-4000-9000-%012d", place),
		"name": name, "type": "n8n-nodes-base." + kind, "typeVersion": version, "position": []int{200 * place, 0}, "parameters": parameters,
	}
}

func statement(place int, name, query, values string) object {
	n := node(place, name, "postgres", 2.6, object{
		"operation": "executeQuery", "query": query, "options": object{"queryReplacement": "={{ " + values + " }}"},
	})
	n["credentials"] = object{"postgres": object{"id": n8nCredentialID, "name": "Leads"}}
	return n
}

func writeJSON(path string, content any) error {
	text, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return fmt.Errorf("compose %s: %w", path, err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("write a file of the workspace: %w", err)
	}
	return nil
}
