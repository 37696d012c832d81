module example.com/agent-client

go 1.21
