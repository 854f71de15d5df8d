"""The ways in from outside: HTTP, websocket, the control plane."""
