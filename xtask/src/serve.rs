//! Showing the built page on this machine.

use std::net::TcpListener;
use std::process::Command;

use anyhow::{Context, Result};

use crate::pkg::{Module, Profile};
use crate::workspace::Workspace;
use crate::{shell, site};

/// Builds the site and serves it until interrupted, with the compressed copies where the browser takes them.
pub fn serve(workspace: &Workspace, profile: Profile, modules: &[Module], port: u16) -> Result<()> {
    site::build(workspace, profile, modules)?;
    let port = free_port(port).with_context(|| format!("no free port from {port} on"))?;
    shell::print(&format!("\nGroundglass is at http://localhost:{port}/   (Ctrl-C ends it)\n"))?;
    let mut server = Command::new(shell::npx());
    server.args(["--no-install", "sirv", "dist", "--quiet", "--brotli", "--etag", "--host", "localhost"]);
    shell::run(server.args(["--port", &port.to_string()]).current_dir(&workspace.root))
}

/// The first port from `first` on that nobody listens at.
fn free_port(first: u16) -> Option<u16> {
    (first..first.saturating_add(20)).find(|port| TcpListener::bind(("localhost", *port)).is_ok())
}
