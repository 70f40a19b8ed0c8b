# A server restored from the newest good image of an instance.

terraform {
  required_version = ">= 1.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.8" # insecure_value
    }
  }
}

variable "source_id" {
  description = "The instance whose newest good image is restored"
  type        = string

  validation {
    condition     = can(regex("^i-([0-9a-f]{8}|[0-9a-f]{17})$", var.source_id))
    error_message = "source_id is an instance's id, such as i-0123456789abcdef0."
  }
}

variable "instance_type" {
  description = "Of the image's architecture: t3 is x86_64, t4g is arm64"
  type        = string
  default     = "t3.micro"
}

variable "subnet_id" {
  description = "Null for a default subnet of the default VPC"
  type        = string
  default     = null
}

variable "security_group_ids" {
  description = "Of the subnet's VPC; null for that VPC's default group"
  type        = set(string)
  default     = null
}

# Read at every plan.
data "aws_ssm_parameter" "image" {
  name = "/lastgood/${var.source_id}"
}

resource "aws_instance" "server" {
  # The attribute "value" is sensitive, and plans would not show which image it is. An
  # image's id is no secret; insecure_value holds the same and is shown.
  ami                    = data.aws_ssm_parameter.image.insecure_value
  instance_type          = var.instance_type
  subnet_id              = var.subnet_id
  vpc_security_group_ids = var.security_group_ids

  tags = {
    Name = "restored-${var.source_id}"
  }

  lifecycle {
    # Without this every plan after the pointer moved would replace the server.
    ignore_changes = [ami]
  }
}

output "server" {
  value = aws_instance.server.id
}

output "image" {
  description = "The image the server was restored from"
  value       = aws_instance.server.ami
}

output "newest_image" {
  description = "The newest good image, as of the last plan"
  value       = data.aws_ssm_parameter.image.insecure_value
}
