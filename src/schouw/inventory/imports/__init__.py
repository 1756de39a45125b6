"""A first fleet file from what is there already: ~/.ssh/config or an Ansible inventory."""
