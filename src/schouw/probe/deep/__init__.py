"""The deep TLS look: sslyze, in an environment and in processes of its own."""
